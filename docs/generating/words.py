"""The house's types of text in words: what somebody writes there."""

from __future__ import annotations

from monitor.config import calendars, fields

WORDS: tuple[tuple[object, str], ...] = (
    (fields.Text, "text"),
    (fields.Line, "text"),
    (fields.Hidden, "text"),
    (fields.Name, "name"),
    (fields.RuleName, "name"),
    (fields.RouteName, "name"),
    (fields.Instance, "name"),
    (fields.Label, "label"),
    (fields.Glob, "glob"),
    (fields.Regex, "regular expression"),
    (fields.QueueId, "id of a queue"),
    (fields.UserId, "id of a user"),
    (fields.TimeZone, "IANA time zone"),
    (fields.Region, "region"),
    (fields.MetricName, "metric"),
    (fields.HeaderName, "header"),
    (fields.Address, "mail address"),
    (fields.Page, "URL"),
    (fields.BaseUrl, "URL"),
    (fields.Host, "host"),
    (fields.Listen, "address:port"),
    (fields.Prefix, "topic prefix"),
    (fields.Template, "template"),
    (calendars.Date, "date"),
)
"""A type, and what it is called. Those with more checks come before those with fewer of the same."""
