"""All tables, imported in one place so that the metadata is whole wherever it is used."""

from lmis.accounts import models as accounts
from lmis.alerts import models as alerts
from lmis.catalog import models as catalog
from lmis.network import models as network
from lmis.stock import models as stock

ALL_TABLES = (network, catalog, accounts, stock, alerts)
