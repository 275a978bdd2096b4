"""What a column may hold: how its values are made up, stored, read, and written in a filter.

A value is a plain Python value, the same whatever form a row stores it in. A new kind of column is a Kind here, in the lists below.
"""

import base64
import datetime
import struct
import uuid
from decimal import Decimal

import relations_testing as rt

TEXTS = ["", "ß", "SS", "a", "A", "b", "B", "ab", "aB", "Ab", "a ", "a  ", "é", "É", "\U0001f600", "0", "1", "01", "it's", "%", 'say "x"']
INTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, 2**53, 2**53 + 1, 2**63 - 1, -2**63]
NATURALS = [0, 1, 2, 3, 4, 2**53 + 1, 2**63 - 1]
HUGE = [2**63, 2**64 - 1]  # naturals that no column holds
DOUBLES = [0.0, 0.5, -1.5, 1e300, 0.1, 3.0]
FLOATS = [0.0, 0.5, -1.5, 0.1, 3.0]
BYTES = [b"", b"\0", b"a", b"ab", b"A", b"\xff", b"a\0", b"\0a", b"\xc3\xa9"]
UUIDS = [uuid.UUID(int=i) for i in range(12)] + [uuid.UUID(int=0xabcdef << 100), uuid.UUID(int=2**128 - 1)]
DECIMALS = [Decimal(d) for d in ("0", "-0.00", "9", "12.50", "12.5", "-3", "-3.01", "100", "0.001", "123456789012345678901234567890.5")]
SECOND = 10**9
DAY = 86400 * SECOND
TIMES = [0, SECOND, -SECOND, 1, SECOND // 2, DAY, DAY // 24, -DAY, 19782 * DAY + 123 * 10**6, 20000 * DAY]  # nanoseconds since 1970
MOODS = {"NONE": 0, "GLAD": 1, "HAPPY": 1, "SAD": 2}
ENUM_PROTO = "enum Mood { %s option allow_alias = true; }" % " ".join("%s = %d;" % mood for mood in MOODS.items())


def quoted(name):
    """A name in SQL."""
    return '"%s"' % name.replace('"', '""')


def quote(text):
    """A text in a filter."""
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def fold(text):
    """As SQLite's NOCASE compares."""
    return "".join(c.lower() if c < "\x7f" else c for c in text)


class Kind:
    """A kind of column.

    `proto`, `sql`, `option`: the field's type, the column's, and what (relations.v1.column) says.
    `pool`: its values; `asked`: what it is compared with, which may be more than any row has.
    `forms`: what a database may hold for a value; `read`: the value of one.
    `text`, `value`: as a filter's text and its tree have it; `parameter`: the type of a query method's parameter for it.
    `key`: what two equal values have in common, in their order. `parse`: where columns are compared by what they mean, the value
    of its str(); elsewhere None, and the database compares.
    `sent`: a value as answers are compared, which is what `told` makes of the field of a record.
    """

    def __init__(self, name, proto, sql, pool, *, asked=(), forms=lambda v: [v], read=lambda raw: raw, text=str, value=rt.make_value,
                 parameter=None, ordered=True, texts=False, sums=False, option="", key=lambda v: v, parse=None, sent=lambda v: v,
                 told=lambda v: v):
        self.name, self.proto, self.sql, self.pool, self.asked = name, proto, sql, pool, pool + list(asked)
        self.forms, self.read, self.text, self.value, self.parameter = forms, read, text, value, parameter
        self.ordered, self.texts, self.sums, self.option = ordered, texts, sums, option
        self.key, self.parse, self.sent, self.told = key, parse, sent, told

    def __repr__(self):
        return self.name

    @property
    def always_there(self):
        """Whether no value is what a field reads as where it is left out: so of messages, UUIDs and decimals."""
        return "." in self.proto or self.option != ""

    @property
    def uuid_column(self):
        return self.option == "uuid: true"


# --- Forms ---


def uuid_forms(value):
    return [str(value), str(value).upper(), value.bytes, value.hex, value.hex.upper()]


def read_uuid(raw):
    return uuid.UUID(bytes=raw) if isinstance(raw, bytes) else uuid.UUID(raw)


def bytes_forms(value):
    try:
        return [value, value.decode()] if b"\0" not in value else [value]
    except UnicodeDecodeError:
        return [value]


def decimal_forms(value):
    forms = [str(value)]
    if value == value.to_integral_value() and abs(value) < 1000:
        forms.append(int(value))
    if Decimal(float(value)) == value:
        forms.append(float(value))
    return forms


def spelled(nanos, zone="Z", between="T", hours=0):
    """A time in ISO 8601, as a clock shows it so many hours from UTC."""
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=nanos // SECOND, hours=hours)
    fraction = (".%09d" % (nanos % SECOND)).rstrip("0").rstrip(".")
    return at.strftime("%Y-%m-%d" + between + "%H:%M:%S") + fraction + zone


def time_forms(units):
    """Texts, and a count of units since 1970 where it is a whole number of them."""
    def forms(nanos):
        made = [spelled(nanos), spelled(nanos, zone="", between=" "), spelled(nanos, "+02:00", hours=2), spelled(nanos, "-1130", hours=-11.5)]
        if nanos % (SECOND // units) == 0:
            made.append(nanos * units // SECOND)
        if nanos % DAY == 0:
            made.append(spelled(nanos)[:10])
        return made
    return forms


def reader_of(forms, pool):
    """The value that each form stands for."""
    values = {form: value for value in pool for form in forms(value)}
    return lambda raw: values[raw]


def enum_forms(value):
    return [value] + [name for name, number in MOODS.items() if number == value]


def timestamp(nanos):
    made = rt.query_pb.Value()
    made.timestamp_value.seconds, made.timestamp_value.nanos = divmod(nanos, SECOND)
    return made


def integer(name, proto, pool, parameter, **more):
    """Keys may be asked for that are too large for a column."""
    return Kind(name, proto, "INTEGER", pool, forms=lambda v: [v] if v < 2**63 else [], sums=True, parameter=parameter, **more)


def natural(name, proto):
    return integer(name, proto, NATURALS, "TYPE_UINT64", asked=HUGE, parse=int)


def times(name, units, option):
    forms = time_forms(units)
    return Kind(name, "google.protobuf.Timestamp", "", TIMES, forms=forms, read=reader_of(forms, TIMES), parse=int, option=option,
                text=lambda v: quote(spelled(v)), value=timestamp, parameter="TYPE_TIMESTAMP",
                told=lambda v: v.seconds * SECOND + v.nanos)


def text(name, sql, key=lambda v: v):
    return Kind(name, "string", sql, TEXTS, text=quote, texts=True, key=key, parameter="TYPE_STRING")


def uuids(name, proto, sent):
    return Kind(name, proto, "", UUIDS, forms=uuid_forms, read=read_uuid, text=lambda v: quote(str(v)), ordered=False, option="uuid: true",
                value=lambda v: rt.make_value(str(v)), parameter="TYPE_STRING", sent=sent)


# --- Kinds ---

INT = integer("int", "int64", INTS, "TYPE_INT64")
SMALL = integer("small", "int32", [0, 1, 2, -1, 2**31 - 1], "TYPE_INT32")
ZIGZAG = integer("zigzag", "sint64", INTS, "TYPE_INT64")
NATURAL = natural("natural", "uint64")
FIXED = natural("fixed", "fixed64")
TEXT = text("text", "TEXT")
NOCASE = text("nocase", "TEXT COLLATE NOCASE", key=fold)
RTRIM = text("rtrim", "TEXT COLLATE RTRIM", key=lambda v: v.rstrip(" "))
DOUBLE = Kind("double", "double", "REAL", DOUBLES, text=repr, sums=True, parameter="TYPE_DOUBLE")
FLOAT = Kind("float", "float", "REAL", FLOATS, text=repr, sent=lambda v: struct.unpack("f", struct.pack("f", v))[0])
BOOL = Kind("bool", "bool", "INTEGER", [False, True], forms=lambda v: [int(v)], read=bool, ordered=False, parameter="TYPE_BOOL",
            text=lambda v: "true" if v else "false")
BLOB = Kind("blob", "bytes", "BLOB", BYTES, forms=bytes_forms, read=lambda raw: raw if isinstance(raw, bytes) else raw.encode(),
            text=lambda v: quote(base64.b64encode(v).decode()), parameter="TYPE_BYTES")
UUID_TEXT = uuids("uuid", "string", str)
UUID_BYTES = uuids("uuid bytes", "bytes", lambda v: v.bytes)
DECIMAL = Kind("decimal", "string", "", DECIMALS, forms=decimal_forms, read=lambda raw: Decimal(str(raw)), parse=Decimal, sums=True,
               option="decimal: true", text=lambda v: quote(str(v)), value=lambda v: rt.make_value(str(v)), parameter="TYPE_STRING", told=Decimal)
TIME = times("time", 1, "")
MILLIS = times("millis", 1000, "time_unit: TIME_UNIT_MILLISECONDS")
ENUM = Kind("enum", "Mood", "", [0, 1, 2, 7], forms=enum_forms, read=lambda raw: MOODS.get(raw, raw), ordered=False, parameter="TYPE_INT32",
            text=lambda v: {1: "GLAD", 2: "SAD"}.get(v, str(v)))

KINDS = {kind.name: kind for kind in (INT, SMALL, ZIGZAG, NATURAL, FIXED, TEXT, NOCASE, RTRIM, DOUBLE, FLOAT, BOOL, BLOB, UUID_TEXT,
                                      UUID_BYTES, DECIMAL, TIME, MILLIS, ENUM)}
PLAIN = list(KINDS.values())
KEYS = [INT, INT, INT, INT, NATURAL, TEXT, TEXT, NOCASE, RTRIM, BLOB, UUID_TEXT, UUID_BYTES]
TAGS = [TEXT, NOCASE, INT, ENUM]  # of what tells rows apart
# What a foreign key to such a field may be.
FITTING = {INT: [INT], SMALL: [SMALL, INT], ZIGZAG: [ZIGZAG, INT], NATURAL: [NATURAL, NATURAL, INT], FIXED: [NATURAL, FIXED],
           TEXT: [TEXT, TEXT, TEXT, NOCASE, RTRIM], NOCASE: [NOCASE, NOCASE, NOCASE, TEXT], RTRIM: [RTRIM, RTRIM, TEXT], BLOB: [BLOB],
           UUID_TEXT: [UUID_TEXT, UUID_BYTES], UUID_BYTES: [UUID_BYTES, UUID_TEXT]}


# --- Comparing ---


def sortable(kind, value):
    """Values in their order: of texts that of their bytes, or of what the collation makes of them."""
    key = kind.key(value)
    return key.encode() if isinstance(key, str) else key.bytes if kind.uuid_column else key


def stored_place(kind, raw):
    """What a column holds in the order of the database: numbers, texts, bytes."""
    if isinstance(raw, bytes):
        return 2, raw
    return (1, kind.key(raw).encode() if kind.texts else raw.encode()) if isinstance(raw, str) else (0, raw)


TEXT_TESTS = {"EQ": str.__eq__, "NE": str.__ne__, "PREFIX": str.startswith, "SUFFIX": str.endswith, "CONTAINS": str.__contains__}


def text_holds(word, fold, text, other):
    """For SQL: a comparison of texts character by character, maybe without telling upper from lower case."""
    form = str.casefold if fold else str
    return None if text is None else TEXT_TESTS[word](form(text), form(other))


def compared(name, raw, other):
    """-1, 0 or 1, or None for NULL: for SQL, where a column is compared by what it means."""
    if raw is None:
        return None
    kind = KINDS[name]
    value, other = kind.key(kind.read(raw)), kind.key(kind.parse(other))
    return (value > other) - (value < other)
