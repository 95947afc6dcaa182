from notify.models.delivery import Delivery, State
from notify.models.destination import Destination, Kind
from notify.models.notice import Notice
from notify.models.person import Attention, Preference

__all__ = ["Attention", "Delivery", "Destination", "Kind", "Notice", "Preference", "State"]
