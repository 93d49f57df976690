"""CSV that tells null from the empty string: a field without quotes that is empty is null.

Python's own csv module reads both as the empty string.
"""


def csv_field(text):
    """Writes a field: nothing for null, quotes where they are needed."""
    if text is None:
        return ""
    if text == "" or any(char in text for char in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def write_csv(path, header, rows):
    """Writes records of texts and nulls."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        for record in [header, *rows]:
            file.write(",".join(map(csv_field, record)) + "\n")


def read_csv(path):
    """Reads a header and records of texts and nulls."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        records = list(_records(file.read()))
    return records[0], records[1:]


def _records(text):
    at, record = 0, []
    while at < len(text):
        field, at = _field(text, at)
        record.append(field)
        if at < len(text) and text[at] == ",":
            at += 1
            if at == len(text):
                record.append(None)
            continue
        at += 2 if text.startswith("\r\n", at) else 1
        yield record
        record = []


def _field(text, at):
    if text[at] != '"':
        start = at
        while at < len(text) and text[at] not in ",\r\n":
            at += 1
        return text[start:at] or None, at
    at += 1
    parts = []
    while True:
        end = text.index('"', at)
        parts.append(text[at:end])
        at = end + 1
        if text[at : at + 1] != '"':
            return "".join(parts), at
        parts.append('"')
        at += 1
