"""One address of a Redis server, in the spelling of each library that is given it."""

from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit, urlunsplit


def for_broker(url: str) -> str:
    """As Celery wants it: a socket has a scheme of its own, with the password before the path."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    query = parse_qs(parts.query)
    name = query.get("username", [unquote(parts.username or "")])[0]
    password = query.get("password", [unquote(parts.password or "")])[0]
    login = f"{quote(name, safe='')}:{quote(password, safe='')}@" if password else ""
    return f"redis+socket://{login}{parts.path}?virtual_host={number(url)}"


def for_cache(url: str) -> str:
    """As Django's cache wants it: the database after the broker's, so that clearing a cache spares the queues."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return urlunsplit(parts._replace(path=f"/{number(url) + 1}"))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"db": str(number(url) + 1)}
    return f"unix://{parts.netloc}{parts.path}?{urlencode(query, quote_via=quote)}"


def number(url: str) -> int:
    """The number of the database that the address names; 0 when it names none."""
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("db", [""])[0] if parts.scheme == "unix" else parts.path.strip("/")
    return int(named or 0)
