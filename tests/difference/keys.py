"""Random keys, and how requests name them."""


def random_keys(pick, data, fields, tables):
    """Keys of these fields: of rows that exist, made up, NULL, and repeated. `tables`: where such values stand, as (table, fields)."""
    pool = [key for table, columns in tables for key in data.rows_of(table, columns)]
    keys = []
    for _ in range(pick.choice([1, 1, 2, 3, 5, 12])):
        if keys and pick.random() < 0.15:
            keys.append(pick.choice(keys))
        elif pool and pick.random() < 0.8:
            keys.append(pick.choice(pool))
        else:
            keys.append(tuple(None if pick.random() < 0.03 else pick.choice(f.kind.asked) for f in fields))
    return keys


def as_sent(pick, fields, keys):
    """What a request has for the keys: UUIDs as text in either case or as bytes; a key of one field as a part or as it is."""
    bytes_first = pick.random() < 0.5

    def part(field, value):
        if value is None or not field.kind.uuid_column:
            return value
        text = str(value) if pick.random() < 0.5 else str(value).upper()
        return value.bytes if bytes_first else text
    parts = [tuple(part(f, v) for f, v in zip(fields, key)) for key in keys]
    mixed = any(isinstance(p[0], int) and p[0] < 0 for p in parts) and any(isinstance(p[0], int) and p[0] >= 2**63 for p in parts)
    if len(fields) > 1 or any(None in p for p in parts) or mixed or pick.random() < 0.1:
        return parts
    return [p[0] for p in parts]
