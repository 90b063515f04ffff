"""What `queuewatch doctor` looks at: one org, asked every enabled question once, judged line by line.

    region ─▶ login ─▶ clock ─▶ limits ─▶ directory ─▶ every question ─▶ cadence: findings

In: an org's settings, its platform, and what other rooms know as callables. Out: findings, each ok, a
warning or a failure. Forbidden: raising for what the platform does (that is a finding), contacting a
destination, and a secret in a finding.
"""
