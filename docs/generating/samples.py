"""An example of each section of the configuration: right as it stands, beside one org."""

from __future__ import annotations

SAMPLES = {
    "orgs.<org>": """\
orgs:
  acme: {region: eu-west-1, timezone: Europe/Paris, budget_share: 0.4}
  gateway:
    dialect: guides
    api_url: https://gateway.example.com
    sources: {workitems: {enabled: true}}    # this org alone
""",
    "sources.directory": """\
sources:
  directory: {interval: 10m, select: {names: ["Support*", "Sales*"], divisions: [Home]}}
""",
    "sources.queues": """\
sources:
  queues: {interval: 15s}
""",
    "sources.service_level": """\
sources:
  service_level:
    windows: [5m, 15m, {length: 30m, aligned: true}]
    thresholds: [20s, 30s, 1m]
    formula: {short_abandons: false}
""",
    "sources.agents": """\
sources:
  agents: {enabled: true, bucket: 30m, include_names: false}
""",
    "sources.workitems": """\
sources:
  workitems: {enabled: true, interval: 2m, select: {names: ["Back office*"]}}
""",
    "sources.strategies": """\
sources:
  strategies: {enabled: true, span: 7d, weights: {handled: 0.2, answer: 0.5, abandoned: 0.3}}
""",
    "rules[]": """\
rules:
  - name: ServiceLevelLow
    for_each: {media: voice, queue: ["Support*", "Sales*"]}
    metric: service_level_ratio
    window: 15m
    threshold: 20s
    warning: {below: 0.8, clear_above: 0.85, for: 2m}
    critical: {below: 0.6, clear_above: 0.7}
    min_volume: {offered: 10, confidence: 0.95}
    on_no_data: {action: alert, for: 10m}
    labels: {team: support}
    annotations: {summary: "{{queue}} at {{value | percent}} ({{numerator}} of {{denominator}})"}
""",
    "rules[].burn": """\
rules:
  - name: DailyBudget
    for_each: {media: voice}
    threshold: 20s
    burn:
      objective: 0.8
      period: 24h
      critical: {budget_share: 0.05, long: 30m, short: 5m}
""",
    "calendars.<calendar>": """\
calendars:
  business_hours:
    timezone: Europe/Amsterdam
    hours: {mon-fri: "08:00-18:00", sat: ["09:00-12:00", "13:00-16:00"]}
    exceptions:
      - {date: 2026-12-24, hours: "08:00-14:00"}
      - {from: 2026-12-25, to: 2026-12-26, closed: true}
""",
    "inhibitions[]": """\
rules:
  - {name: NobodyThere, metric: queue_agents_on_queue, critical: {below: 1}}
  - {name: QueueWaitingHigh, metric: queue_waiting, warning: {above: 10}}
inhibitions:
  - name: NobodyThereSaysIt
    source: {rule: NobodyThere}
    target: {rule: QueueWaitingHigh}
    equal: [queue_id]
""",
    "receivers.<receiver>": """\
receivers:
  desk: {log: true, email: {host: smtp.example.com, from: queuewatch@example.com, to: desk@example.com}}
""",
    "receivers.<receiver>.webhook": """\
receivers:
  tickets:
    webhook:
      url: https://tickets.example.com/api/new
      headers: {X-Team: contact-centre}
      body: {title: "{{ rule }} {{ kind }}: {{ queue }}", urgent: "{{ severity == 'critical' }}"}
""",
    "receivers.<receiver>.alertmanager": """\
receivers:
  systems:
    alertmanager: {urls: ["https://alertmanager-0.example.com", "https://alertmanager-1.example.com"]}
""",
    "receivers.<receiver>.mqtt": """\
receivers:
  lamps: {mqtt: {host: broker.example.com, tls: true, home_assistant: true}}
""",
    "routes[]": """\
receivers:
  oncall: {log: true}
  desk: {log: true}
  lead: {log: true}
calendars:
  business_hours: {timezone: Europe/Amsterdam, hours: {mon-fri: "08:00-18:00"}}
routes:
  - {match: {rule: SourceDown}, receivers: [oncall]}
  - during: business_hours
    receivers: [desk]
    group: {by: [org, rule], wait: 30s, interval: 5m}
    routes:
      - min_severity: critical
        receivers: [oncall, desk]
        group: off
        repeat: 1h
        escalate: [{after: 15m, receivers: [lead]}]
  - {receivers: [oncall]}
""",
    "heartbeat": """\
receivers:
  systems: {mqtt: {host: broker.example.com}}
heartbeat: {receivers: [systems], interval: 60s}
""",
    "web": """\
web: {listen: "127.0.0.1:9877", external_url: "https://queuewatch.example.com", idle_ratio: absent}
""",
    "store": """\
store: {path: queuewatch.db, journal: 30d}
""",
    "log": """\
log: {level: info, style: json}
""",
}
"""By the section's place."""
