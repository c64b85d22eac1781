"""All tables, imported in one place so that the metadata is whole wherever it is used."""

from lmis.accounts import models as accounts
from lmis.alerts import models as alerts
from lmis.catalog import models as catalog
from lmis.counts import models as counts
from lmis.forecast import models as forecast
from lmis.jobs import models as jobs
from lmis.mail import models as mail
from lmis.network import models as network
from lmis.planning import models as planning
from lmis.policy import models as policy
from lmis.recalls import models as recalls
from lmis.requisitions import models as requisitions
from lmis.shipments import models as shipments
from lmis.stock import models as stock

ALL_TABLES = (
    network, catalog, accounts, policy, stock, shipments, forecast, counts, requisitions, recalls, planning, alerts,
    jobs, mail,
)  # fmt: skip
