"""The eight TPC-H tables, named and typed as Trino's own connector has them."""

from deploy.local.coordinator.catalog.tables import Column, Table
from deploy.local.coordinator.catalog.types import BIGINT, DATE, DOUBLE, INTEGER, Type, varchar


def _table(comment: str, /, **columns: tuple[Type, str]) -> Table:
    made = (Column(name=name, type=type_, comment=says, nullable=False) for name, (type_, says) in columns.items())
    return Table(columns=tuple(made), comment=comment)


TABLES = {
    "customer": _table(
        "Customers: one row a customer, with nation, market segment and account balance.",
        custkey=(BIGINT, "Key of the customer; orders.custkey points here"),
        name=(varchar(25), "Name of the customer"),
        address=(varchar(40), "Postal address"),
        nationkey=(BIGINT, "Nation of the customer; points to nation.nationkey"),
        phone=(varchar(15), "Phone number; its first two digits are the country code"),
        acctbal=(DOUBLE, "Account balance in US dollars; negative means the customer owes"),
        mktsegment=(varchar(10), "Market segment: AUTOMOBILE, BUILDING, FURNITURE, HOUSEHOLD or MACHINERY"),
        comment=(varchar(117), "Free text"),
    ),
    "lineitem": _table(
        "Order lines, the largest table: what was sold, at which price and discount, and when it was shipped. "
        "Revenue is extendedprice * (1 - discount).",
        orderkey=(BIGINT, "Order of the line; points to orders.orderkey"),
        partkey=(BIGINT, "Part sold; points to part.partkey"),
        suppkey=(BIGINT, "Supplier of the part; points to supplier.suppkey"),
        linenumber=(INTEGER, "Number of the line within its order"),
        quantity=(DOUBLE, "Pieces sold"),
        extendedprice=(DOUBLE, "Price of the line before discount and tax, in US dollars"),
        discount=(DOUBLE, "Discount as a fraction, 0.00 to 0.10"),
        tax=(DOUBLE, "Sales tax as a fraction, 0.00 to 0.08"),
        returnflag=(varchar(1), "R returned, A accepted, N not yet known"),
        linestatus=(varchar(1), "O open, F shipped"),
        shipdate=(DATE, "Day of shipping; revenue by time usually goes by this day"),
        commitdate=(DATE, "Day promised to the customer"),
        receiptdate=(DATE, "Day the customer received it; later than commitdate means late"),
        shipinstruct=(varchar(25), "Delivery instruction"),
        shipmode=(varchar(10), "Way of transport: AIR, FOB, MAIL, RAIL, REG AIR, SHIP or TRUCK"),
        comment=(varchar(44), "Free text"),
    ),
    "nation": _table(
        "The 25 nations of customers and suppliers, each in one region.",
        nationkey=(BIGINT, "Key of the nation; customer.nationkey and supplier.nationkey point here"),
        name=(varchar(25), "Name of the nation in capitals, such as FRANCE"),
        regionkey=(BIGINT, "Region of the nation; points to region.regionkey"),
        comment=(varchar(152), "Free text"),
    ),
    "orders": _table(
        "Orders: one row an order, with customer, date, priority and total price.",
        orderkey=(BIGINT, "Key of the order; lineitem.orderkey points here"),
        custkey=(BIGINT, "Customer who ordered; points to customer.custkey"),
        orderstatus=(varchar(1), "O open, F fulfilled, P partly fulfilled"),
        totalprice=(DOUBLE, "Total of the order with discount and tax, in US dollars"),
        orderdate=(DATE, "Day of the order, 1992-01-01 to 1998-08-02"),
        orderpriority=(varchar(15), "Priority, from 1-URGENT to 5-LOW"),
        clerk=(varchar(15), "Clerk who took the order"),
        shippriority=(INTEGER, "Shipping priority; always 0"),
        comment=(varchar(79), "Free text"),
    ),
    "part": _table(
        "Parts that are sold: brand, type, size, container and list price.",
        partkey=(BIGINT, "Key of the part; lineitem.partkey and partsupp.partkey point here"),
        name=(varchar(55), "Name of the part: five colours"),
        mfgr=(varchar(25), "Manufacturer"),
        brand=(varchar(10), "Brand, such as Brand#23"),
        type=(varchar(25), "Kind of part, such as PROMO BURNISHED COPPER"),
        size=(INTEGER, "Size, 1 to 50"),
        container=(varchar(10), "Package, such as JUMBO BOX"),
        retailprice=(DOUBLE, "List price in US dollars"),
        comment=(varchar(23), "Free text"),
    ),
    "partsupp": _table(
        "Which supplier offers which part: stock and purchase cost.",
        partkey=(BIGINT, "Part offered; points to part.partkey"),
        suppkey=(BIGINT, "Supplier who offers it; points to supplier.suppkey"),
        availqty=(INTEGER, "Pieces in stock at the supplier"),
        supplycost=(DOUBLE, "Purchase cost of one piece, in US dollars"),
        comment=(varchar(199), "Free text"),
    ),
    "region": _table(
        "The five regions of the world that nations belong to.",
        regionkey=(BIGINT, "Key of the region; nation.regionkey points here"),
        name=(varchar(25), "AFRICA, AMERICA, ASIA, EUROPE or MIDDLE EAST"),
        comment=(varchar(152), "Free text"),
    ),
    "supplier": _table(
        "Suppliers of parts: nation, address and account balance.",
        suppkey=(BIGINT, "Key of the supplier; lineitem.suppkey and partsupp.suppkey point here"),
        name=(varchar(25), "Name of the supplier"),
        address=(varchar(40), "Postal address"),
        nationkey=(BIGINT, "Nation of the supplier; points to nation.nationkey"),
        phone=(varchar(15), "Phone number; its first two digits are the country code"),
        acctbal=(DOUBLE, "Account balance in US dollars"),
        comment=(varchar(101), "Free text"),
    ),
}
