"""What a column may hold: how its values are made up, stored, read and written in a filter.

A value is a plain Python value, the same whatever form a row stores it in.
"""

import base64
import uuid

TEXTS = ["", "a", "A", "b", "B", "ab", "aB", "Ab", "a ", "é", "É", "\U0001f600", "0", "1", "01", "it's", "%", 'say "x"']
INTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, 2**53, 2**53 + 1, 2**63 - 1, -2**63]
DOUBLES = [0.0, 0.5, -1.5, 1e300, 0.1, 3.0]
BYTES = [b"", b"\0", b"a", b"ab", b"A", b"\xff", b"a\0", b"\0a", b"\xc3\xa9"]
UUIDS = [uuid.UUID(int=i) for i in range(12)] + [uuid.UUID(int=0xabcdef << 100), uuid.UUID(int=2**128 - 1)]


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
    """`forms` are what a database may hold for a value, `key` what two equal values of a key have in common."""

    def __init__(self, name, proto, sql, pool, forms=lambda v: [v], read=lambda raw: raw, text=str, ordered=True, texts=False,
                 uuid_column=False, key=lambda v: v):
        self.name, self.proto, self.sql, self.pool, self.forms, self.read = name, proto, sql, pool, forms, read
        self.text, self.ordered, self.texts, self.uuid_column, self.key = text, ordered, texts, uuid_column, key

    def __repr__(self):
        return self.name


def uuid_forms(value):
    return [str(value), str(value).upper(), value.bytes, value.hex, value.hex.upper()]


def read_uuid(raw):
    return uuid.UUID(bytes=raw) if isinstance(raw, bytes) else uuid.UUID(raw)


def bytes_forms(value):
    try:
        return [value, value.decode()] if b"\0" not in value else [value]
    except UnicodeDecodeError:
        return [value]


INT = Kind("int", "int64", "INTEGER", INTS)
SMALL = Kind("small", "int32", "INTEGER", [0, 1, 2, -1, 2**31 - 1])
TEXT = Kind("text", "string", "TEXT", TEXTS, text=quote, texts=True)
NOCASE = Kind("nocase", "string", "TEXT COLLATE NOCASE", TEXTS, text=quote, texts=True, key=fold)
DOUBLE = Kind("double", "double", "REAL", DOUBLES, text=repr)
BOOL = Kind("bool", "bool", "INTEGER", [False, True], forms=lambda v: [int(v)], read=bool, ordered=False,
            text=lambda v: "true" if v else "false")
BLOB = Kind("blob", "bytes", "BLOB", BYTES, forms=bytes_forms, read=lambda raw: raw if isinstance(raw, bytes) else raw.encode(),
            text=lambda v: quote(base64.b64encode(v).decode()))
UUID_TEXT = Kind("uuid", "string", "", UUIDS, forms=uuid_forms, read=read_uuid, text=lambda v: quote(str(v)), ordered=False,
                 uuid_column=True)
UUID_BYTES = Kind("uuid bytes", "bytes", "", UUIDS, forms=uuid_forms, read=read_uuid, text=lambda v: quote(str(v)),
                  ordered=False, uuid_column=True)

KEYS = [INT, INT, INT, TEXT, NOCASE, BLOB, UUID_TEXT, UUID_BYTES]
PLAIN = [INT, SMALL, TEXT, NOCASE, DOUBLE, BOOL, BLOB, UUID_TEXT]
ORDERS = [INT, SMALL, TEXT, NOCASE, DOUBLE, BOOL]  # ordered by the database as their values are
FITTING = {INT: [INT], SMALL: [SMALL, INT], TEXT: [TEXT, TEXT, TEXT, NOCASE], NOCASE: [NOCASE, NOCASE, NOCASE, TEXT], BLOB: [BLOB],
           UUID_TEXT: [UUID_TEXT, UUID_BYTES], UUID_BYTES: [UUID_BYTES, UUID_TEXT]}


def sortable(kind, value):
    """Values in the order of the database: of texts that of their bytes, or of what they are folded to."""
    key = kind.key(value)
    return key.encode() if isinstance(key, str) else key.bytes if kind.uuid_column else key


def message_value(kind, value):
    """A value as the field of a record must have it."""
    if value is None or not kind.uuid_column:
        return value
    return str(value) if kind.proto == "string" else value.bytes
