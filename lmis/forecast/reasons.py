"""Why a series is forecast by the method it is forecast by: the codes that are kept, and what they say."""

from __future__ import annotations

from lmis.i18n import N_

METHODS: dict[str, str] = {
    "model": N_("Global model"),
    "statistical": N_("Statistical median"),
    "amc": N_("Average monthly consumption"),
    "newcomer": N_("Like its neighbours"),
    "sum": N_("Sum of those below"),
    "none": N_("No forecast"),
}
REASONS: dict[str, str] = {
    "model_best": N_("No simpler method did clearly better in the backtest."),
    "statistical_better": N_("The statistical median did clearly better here in the backtest."),
    "amc_better": N_("Average monthly consumption did clearly better here in the backtest."),
    "short_history": N_("There are too few months yet to judge by; the statistical median is safer."),
    "no_training": N_("There is too little history altogether for the model to learn from."),
    "new_item": N_("The item is new here; the forecast is what comparable facilities use."),
    "new_facility": N_("The facility is new; the forecast is what comparable facilities use."),
    "always_out": N_("It was out of stock throughout; the forecast is what comparable facilities use."),
    "out_since": N_("It has been out of stock for twelve months; the forecast is what it used while stock was there."),
    "discontinued": N_("It has not been dispensed for twelve months although stock was there."),
    "never_dispensed": N_("It has never been dispensed here."),
    "no_report": N_("No month has been reported, and no comparable facility has one."),
    "failed": N_("The series could not be forecast; see the log of the run."),
    "sum": N_("The forecasts of all facilities below, added up."),
    "rolled_up": N_("It has too little use of its own; it is forecast within the facility above."),
    "closed": N_("The facility is closed."),
    "closing": N_("The facility closes within these months; nothing is forecast after that day."),
    "none_below": N_("None of the facilities below has a forecast."),
}
