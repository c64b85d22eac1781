"""The same forecasts past one machine: each part of the tree forecast by itself, on Dask, Ray or Spark.

Every part gets a model of its own, trained on its own series alone. The engine decides where a part is computed, never
what comes out: without an engine the parts are computed here, one after the other, with the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lmis.errors import LmisError
from lmis.forecast.choice import METHODS
from lmis.forecast.methods import Forecasts, Tell, forecast, silent
from lmis.forecast.need import LEVELS
from lmis.i18n import N_
from lmis.network.tree import above

SCHEMA = (
    "part:long,facility:long,item:long,method:str,reason:str,amc:double,statistical:double,"
    "means:binary,quantiles:binary,model:binary,backtest:binary"
)
ALONE = "here"  # the engine that is none


class FanOutMissing(LmisError):
    status_code = 503
    msgid = N_("Handing out the work needs “lmis[distributed]”, which cannot be loaded (%(why)s). Install it.")


class UnknownEngine(LmisError):
    status_code = 503
    msgid = N_("The work cannot be handed to %(engine)s. Install it with: pip install 'fugue[%(engine)s]'")


def parts_of(parents: Mapping[int, int | None]) -> dict[int, int]:
    """The part of the tree each facility is in: that of the facility right under the top, or of the top itself."""
    return {id_: above(parents, id_)[-2:][0] for id_ in parents}


def forecast_parts(
    history: pd.DataFrame,
    cutoff: str,
    horizon: int,
    target: str,
    *,
    part_of: Mapping[int, int],
    places: pd.DataFrame,
    flagged: pd.DataFrame,
    engine: Any = ALONE,
    tell: Tell = silent,
    **about: Any,
) -> Forecasts:
    """The forecasts of all parts, in the order of their series.

    part_of: of each facility; engine: what fugue takes: "dask", "ray", "spark", a client of theirs, or "here". The
    rest as in lmis.forecast.methods.forecast.
    """
    history = history.assign(part=history["facility"].map(part_of))
    empty = sorted(set(places["facility"].map(part_of)) - set(history["part"]))
    history = pd.concat([history, pd.DataFrame({"part": empty})]) if empty else history
    shared = {"places": places.assign(part=places["facility"].map(part_of)), "flagged": flagged}
    shared["about"] = {"cutoff": cutoff, "horizon": horizon, "target": target, **about}
    if engine == ALONE:
        rows = _here(history, shared, tell)
    else:
        rows = _handed_out(history, shared, engine)
        tell(1.0)
    return _joined(rows.sort_values(["facility", "item"], ignore_index=True), cutoff, horizon)


def _here(history: pd.DataFrame, shared: dict[str, Any], tell: Tell) -> pd.DataFrame:
    parts = list(history.groupby("part", sort=True))
    found = []
    for done, (_, its) in enumerate(parts, 1):
        found.append(forecast_part(its, shared))
        tell(done / len(parts))
    return pd.concat(found, ignore_index=True)


def _handed_out(history: pd.DataFrame, shared: dict[str, Any], engine: Any) -> pd.DataFrame:
    """Raises FanOutMissing, or UnknownEngine when fugue has not got it."""
    try:
        from fugue.exceptions import FuguePluginsRegistrationError
        from fugue.workflow.api import transform
    except ImportError as error:
        raise FanOutMissing(why=str(error)) from error
    by, params = {"by": "part", "algo": "even", "num": history["part"].nunique()}, {"shared": shared}
    try:
        found = transform(
            history, forecast_part, schema=SCHEMA, params=params, partition=by, engine=engine, as_fugue=True
        )
    except FuguePluginsRegistrationError as error:
        raise UnknownEngine(engine=engine) from error
    return found.as_pandas()


def forecast_part(history: pd.DataFrame, shared: Any) -> pd.DataFrame:
    """One part of the tree, as rows that can travel: series by series, what is many packed into bytes.

    shared: the places and the flagged months of all parts, and what else the methods take.
    """
    places, flagged, about = shared["places"], shared["flagged"], shared["about"]
    part = int(history["part"].iloc[0])
    its = history[history["facility"].notna()].astype({"facility": int, "item": int})
    found = forecast(its, places=places[places["part"] == part].drop(columns="part"), flagged=flagged, **about)
    rows = found.keys[["facility", "item"]].assign(part=part, method=found.method, reason=found.reason)
    rows["amc"], rows["statistical"] = found.amc.astype(float), found.statistical.astype(float)
    many = {"means": found.means, "quantiles": found.quantiles, "model": found.model, "backtest": _errors(found)}
    for name, values in many.items():
        rows[name] = [np.ascontiguousarray(its, "<f4").tobytes() for its in values]
    return rows[[column.split(":")[0] for column in SCHEMA.split(",")]]


def _errors(found: Forecasts) -> Any:
    return found.backtest[list(METHODS)].to_numpy()


def _joined(rows: pd.DataFrame, cutoff: str, horizon: int) -> Forecasts:
    count = len(rows)

    def unpacked(name: str, *shape: int) -> Any:
        return np.frombuffer(b"".join(rows[name]), "<f4").reshape(count, *shape)

    return Forecasts(
        cutoff=cutoff,
        keys=rows[["facility", "item"]].astype(int),
        means=unpacked("means", horizon),
        quantiles=unpacked("quantiles", horizon, len(LEVELS)),
        model=unpacked("model", horizon),
        amc=rows["amc"].to_numpy(np.float32),
        statistical=rows["statistical"].to_numpy(np.float32),
        method=rows["method"].to_numpy(object),
        reason=rows["reason"].to_numpy(object),
        backtest=pd.DataFrame(unpacked("backtest", len(METHODS)), columns=list(METHODS)),
    )
