"""What every line of the log means, by its event."""

from __future__ import annotations

LINES = {
    "access.refused": "The web configuration file has a mistake: what was in force stays so. One line each.",
    "access.renewed": (
        "The web configuration file, or a certificate, was taken over. A warning where it protects less."
    ),
    "alert.published": "An event was committed, and is on its way to whoever is told.",
    "audit": "Somebody had something changed, or tried to: what, who, from where, and what came of it.",
    "audit.failed": "An evaluation could not be written to the audit file.",
    "command.done": "A command that came over MQTT was done.",
    "command.failed": "A command was understood and could not be done.",
    "command.ignored": "What came on the command topic was left alone.",
    "command.refused": "A command is no good, though its signature is.",
    "command.unproven": "A command's signature is missing or wrong.",
    "commit.failed": (
        "Alerts could not be written to the store. Nothing is sent, nothing is lost; it is tried again."
    ),
    "commit.recovered": "The store takes alerts again.",
    "config.reloaded": "The configuration was read again and is in force; what came, went and changed.",
    "daemon.started": "It runs; what it watches, and where it listens.",
    "daemon.stopped": "It has ended in order.",
    "daemon.stopping": "It was told to stop.",
    "delivery.failed": (
        "A destination cannot be reached, or refuses. What is for it waits, and is tried again."
    ),
    "delivery.recovered": "The destination takes events again.",
    "destination.gone": "A destination answered 410: nothing is sent to it any more.",
    "directory.changed": "There are other queues than before.",
    "envelope.refused": "A broker denied one event; others it takes.",
    "envelope.rejected": "A destination will never take this event: it is dead.",
    "evaluation.empty": "Nothing was routed in the evaluated span.",
    "evaluation.recorded": "Routing strategies were evaluated; the whole result.",
    "event.delivered": "The receiver's way `log`: the event itself.",
    "form.failed": "A body of your own, or a form, failed: the destination gets plain CloudEvents instead.",
    "greeting.refused": "A broker denied a retained state, or a subscription.",
    "heartbeat.failed": "The heartbeat could not be committed.",
    "heartbeat.resumed": "The heartbeat goes out again.",
    "heartbeat.withheld": "Something is not judged in time: no heartbeat until it is.",
    "job.entered": "An asynchronous query entered a state.",
    "journal.failed": "What is older than `store.journal` could not be removed.",
    "journal.forgotten": "What is older than `store.journal` was removed.",
    "library.logged": "A library that queuewatch uses said something.",
    "limit.adopted": "The platform told its request limit, and the budget follows it.",
    "limit.unknown": "The platform did not tell its request limit.",
    "login.refused": (
        "A password, token or certificate was wrong. The first of a minute; the rest come as a number."
    ),
    "loop.blocked": "Something holds up the event loop; which function, and who called it.",
    "loop.unblocked": "It goes on, after so many seconds.",
    "mqtt.displaced": "Another client with the same id throws this one out: two daemons with one `instance`?",
    "mqtt.failed": "There is no connection to the broker.",
    "mqtt.limited": "MQTT 3.1.1: a denied publish is lost unseen, and no commands are taken.",
    "mqtt.recovered": "The broker is connected again.",
    "notify.failed": "systemd could not be told.",
    "notify.watchdog": "`WatchdogSec` is too short to be kept.",
    "operation.refused": "The org does not have an operation of the API; what is done instead.",
    "outbox.failed": "The outbox cannot be read or written. Nothing is lost; it is tried again.",
    "outbox.recovered": "The outbox works again.",
    "outbox.removed": "What waited for destinations that are no longer configured was let go.",
    "poll.bug": (
        "An answer tripped queuewatch's own code. A fault of ours, with its traceback; other sources go on."
    ),
    "poll.failed": (
        "A source gives no answer, and why. What it watches is unknown; nothing fires or clears by that."
    ),
    "poll.recovered": "The source answers again.",
    "queue.unknown": "`select.ids` names a queue that the directory does not show.",
    "recipients.refused": "The mail server refused some of the recipients; the others have the mail.",
    "reload.partial": "A reload was taken over, but for what waits for a restart.",
    "reload.refused": "The configuration has a mistake: nothing was taken over. One line each.",
    "repeat.failed": "Alertmanager could not be told again of what fires.",
    "repeat.recovered": "Alertmanager is told again.",
    "selection.empty": "No queue fits `sources.directory.select`: nothing is watched.",
    "service_level.differs": (
        "Our denominators differ from the platform's for long: an option of the formula is wrong."
    ),
    "show.bug": "An answer could not be shown or judged: a fault of ours, with its traceback.",
    "show.recovered": "Answers are shown again.",
    "showcase.refused": "A broker denied something for Home Assistant.",
    "sink.crashed": (
        "Sending failed in a way nobody foresaw: a fault of ours, with its traceback. It is tried again."
    ),
    "state.unreadable": "A kept state cannot be read, and is not shown.",
    "task.crashed": "A loop of the daemon crashed: a fault of ours, with its traceback. It is started again.",
}
"""Each in a sentence or two, as plain text with code in backticks."""
