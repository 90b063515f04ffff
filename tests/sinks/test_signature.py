"""Standard Webhooks signatures, verified by the library receivers use."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from monitor.kit.secrets import Secret
from monitor.sinks import signature

OLD = Secret("whsec_" + base64.b64encode(b"the old secret, 24 bytes").decode())
NEW = Secret("whsec_" + base64.b64encode(b"the new secret, 24 bytes").decode())
BODY = b'{"specversion":"1.0","name":"Wartezeit"}'


def signed(*secrets: Secret) -> dict[str, str]:
    """Return the headers these secrets give."""
    return signature.headers("evt_abc", BODY, secrets, datetime.now(UTC))


def test_a_receiver_can_verify_it():
    """The library accepts what we sign, and nothing that was changed."""
    Webhook(OLD.reveal()).verify(BODY, signed(OLD))
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD.reveal()).verify(BODY + b" ", signed(OLD))
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW.reveal()).verify(BODY, signed(OLD))


def test_while_secrets_are_exchanged_both_verify():
    """Two secrets, two signatures in one header."""
    headers = signed(NEW, OLD)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (OLD, NEW):
        Webhook(secret.reveal()).verify(BODY, headers)


def test_without_a_secret_there_is_no_signature():
    """Id and time are still there: receivers deduplicate by them."""
    assert set(signed()) == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("whsec_c2VjcmV0", b"secret"),
        ("c2VjcmV0", b"secret"),
        ("whsec_c2VjcmV0cw", b"secrets"),
        ("whsec_x", b"whsec_x"),
        ("Schlüssel", "Schlüssel".encode()),
    ],
)
def test_a_secret_is_base64_with_and_without_its_prefix(secret: str, key: bytes):
    """What cannot be decoded is taken as it is."""
    assert signature.key(Secret(secret)) == key


@pytest.mark.parametrize(
    "secret",
    [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "my-long-plain-text-secret-of-32-chars!!",
    ],
)
def test_the_library_verifies_with_the_same_text(secret: str):
    """A receiver that was given the same secret finds the same key in it, whatever its shape."""
    Webhook(secret).verify(BODY, signed(Secret(secret)))
