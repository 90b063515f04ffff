"""Client credentials as the guides send them to the token endpoint: as fields of the form. Pure."""

from collections.abc import Mapping, Sequence


def form_credentials(form: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Client id and secret of a decoded form; empty strings for what is missing."""
    client, secret = (next(iter(form.get(name, ())), "") for name in ("client_id", "client_secret"))
    return client, secret
