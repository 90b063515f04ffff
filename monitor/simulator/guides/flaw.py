"""How the guides' gateway says no: an array of errors, each with the field at fault. Pure."""

from monitor.simulator.refusal import Refusal


class Flaw(Refusal):
    """An answer other than 200 in the guides' shape; `field` is empty where no field is at fault."""

    def __init__(self, status: int, message: str, *, field: str = "") -> None:
        super().__init__(
            status=status, code=f"status.{status}", message=message, fields=(field,) if field else ()
        )

    def body(self, context_id: str) -> dict[str, object]:  # noqa: ARG002 (the guides' errors carry no id)
        """The error body: `errors` with field and message, and message and status beside it."""
        errors = [{"field": field, "message": self.message} for field in self.fields]
        return {"errors": errors, "message": self.message, "status": self.status}
