"""The reasons for losing, finding, adjusting, returning and holding stock that a new database begins with.

A reason is data: a site may rename them and add its own. `other` always exists.
"""

from __future__ import annotations

from typing import Any

from lmis.stock.documents import NEEDS_REASON, Kind

OTHER = "other"
OPENING_GAP = "import_opening_gap"
IMBALANCE = "import_imbalance"
ADJUSTED = "import_adjusted"
SENT_UNRECORDED = "sent_unrecorded"  # given by the program: it went out with a shipment whose paper did not say so

_BOTH_WAYS = (Kind.ADJUSTMENT, Kind.COUNT)
_REASONS: tuple[tuple[str, str, str, tuple[Kind, ...]], ...] = (
    ("expired", "Hết hạn", "Expired", (Kind.LOSS, Kind.RETURN)),
    ("damaged", "Hư hỏng", "Damaged", (Kind.LOSS, Kind.RETURN, Kind.QUARANTINE)),
    ("lost", "Thất lạc", "Missing", (Kind.LOSS, *_BOTH_WAYS)),
    ("stolen", "Mất trộm", "Stolen", (Kind.LOSS,)),
    ("quality", "Kém phẩm chất", "Quality fault", (Kind.LOSS, Kind.RETURN, Kind.QUARANTINE)),
    ("recalled", "Thu hồi lô", "Lot recalled", (Kind.LOSS, Kind.RETURN, Kind.QUARANTINE)),
    ("destroyed", "Tiêu hủy", "Destroyed", (Kind.LOSS,)),
    ("found_in_store", "Tìm thấy trong kho", "Found in the store", (Kind.FOUND, *_BOTH_WAYS)),
    ("counting_difference", "Chênh lệch kiểm kê", "Counting difference", (Kind.FOUND, *_BOTH_WAYS)),
    ("recording_error", "Ghi chép sai", "Recording error", (Kind.FOUND, *_BOTH_WAYS)),
    ("near_expiry", "Cận hạn", "Near expiry", (Kind.RETURN,)),
    ("overstock", "Tồn kho vượt mức", "Overstock", (Kind.RETURN,)),
    ("wrong_delivery", "Giao nhầm", "Delivered by mistake", (Kind.RETURN,)),
    ("quality_check", "Chờ kiểm tra chất lượng", "Waiting for a quality check", (Kind.QUARANTINE,)),
    ("passed_check", "Đạt kiểm tra chất lượng", "Passed the quality check", (Kind.RELEASE,)),
    ("short_in_box", "Thiếu so với phiếu xuất", "Fewer than the paper says", (Kind.DELIVERY,)),
    ("damaged_in_transit", "Hư hỏng khi vận chuyển", "Damaged in transit", (Kind.DELIVERY, Kind.TRANSIT_LOSS)),
    ("wet", "Bị ướt, ẩm", "Wet or damp", (Kind.DELIVERY, Kind.TRANSIT_LOSS)),
    ("broken_packaging", "Bao bì rách, vỡ", "Broken packaging", (Kind.DELIVERY,)),
    ("wrong_lot", "Sai lô hoặc sai mặt hàng", "Wrong lot or item", (Kind.DELIVERY,)),
    ("more_in_box", "Thừa so với phiếu xuất", "More than the paper says", (Kind.DELIVERY,)),
    ("short_dated", "Hạn dùng còn quá ngắn", "Too close to its expiry date", (Kind.DELIVERY,)),
    ("not_asked_for", "Không đề nghị cấp", "Not asked for", (Kind.DELIVERY,)),
    ("lost_in_transit", "Mất trên đường vận chuyển", "Lost on the way", (Kind.TRANSIT_LOSS,)),
    ("never_left", "Chưa rời kho", "Never left the store", (Kind.SENT_BACK,)),
    ("sent_by_mistake", "Gửi nhầm", "Sent by mistake", (Kind.SENT_BACK,)),
    ("needed_elsewhere", "Cần cho nơi khác", "Needed elsewhere", (Kind.SENT_BACK,)),
    (SENT_UNRECORDED, "Đã gửi đi mà phiếu không ghi", "Sent without being on the paper", ()),
    (ADJUSTED, "Điều chỉnh theo báo cáo nhập", "Adjusted in the imported report", (Kind.ADJUSTMENT,)),
    (
        OPENING_GAP,
        "Tồn đầu kỳ khác tồn cuối kỳ trước trong báo cáo nhập",
        "Opening differs from the previous closing in the imported report",
        (Kind.ADJUSTMENT,),
    ),
    (
        IMBALANCE,
        "Tồn cuối kỳ không khớp trong báo cáo nhập",
        "Closing does not add up in the imported report",
        (Kind.ADJUSTMENT,),
    ),
    (
        OTHER,
        "Lý do khác",
        "Other",
        (*sorted(NEEDS_REASON), Kind.COUNT, Kind.RETURN, Kind.DELIVERY, Kind.SENT_BACK, Kind.QUARANTINE, Kind.RELEASE),
    ),
)
# What a reason explains where it cannot explain everything that it is offered for: less or more than the book at a
# count; what is missing, damaged or beside the paper when a shipment arrives. Those a site adds explain anything.
EXPLAINS: dict[str, tuple[str, ...]] = {
    "lost": ("less",),
    "found_in_store": ("more",),
    "short_in_box": ("short",),
    "damaged_in_transit": ("damaged",),
    "wet": ("damaged",),
    "broken_packaging": ("damaged", "short"),
    "wrong_lot": ("short", "beside"),
    "more_in_box": ("beside",),
    "short_dated": (),
    "not_asked_for": ("beside",),
}


def explains(code: str, what: str) -> bool:
    return what in EXPLAINS.get(code, (what,))


REASONS: tuple[dict[str, Any], ...] = tuple(
    {"code": code, "name_vi": vi, "name_en": en, "kinds": " ".join(kinds), "position": position}
    for position, (code, vi, en, kinds) in enumerate(_REASONS)
)
