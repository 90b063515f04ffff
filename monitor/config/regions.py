"""Genesys Cloud regions: AWS name to domain.

Source: PureCloudRegionHosts of the published Python SDK, 269.0.0 (GENESYS.md §1). The API is at
`https://api.<domain>`, tokens come from `https://login.<domain>`.
"""

from __future__ import annotations

from monitor.config.report import meant

REGIONS = {
    "us-east-1": "mypurecloud.com",
    "us-east-2": "use2.us-gov-pure.cloud",
    "us-west-2": "usw2.pure.cloud",
    "ca-central-1": "cac1.pure.cloud",
    "mx-central-1": "mxc1.pure.cloud",
    "sa-east-1": "sae1.pure.cloud",
    "eu-west-1": "mypurecloud.ie",
    "eu-west-2": "euw2.pure.cloud",
    "eu-central-1": "mypurecloud.de",
    "eu-central-2": "euc2.pure.cloud",
    "eusc-de-east-1": "edee1.eusc-pure.cloud",
    "me-central-1": "mec1.pure.cloud",
    "ap-south-1": "aps1.pure.cloud",
    "ap-northeast-1": "mypurecloud.jp",
    "ap-northeast-2": "apne2.pure.cloud",
    "ap-northeast-3": "apne3.pure.cloud",
    "ap-southeast-1": "apse1.pure.cloud",
    "ap-southeast-2": "mypurecloud.com.au",
}


def domain(region: str) -> str | None:
    """Return the domain of a region given by AWS name (`eu-west-1`, also `eu_west_1`) or by domain."""
    word = region.strip().lower()
    if word in REGIONS.values():
        return word
    return REGIONS.get(word.replace("_", "-"))


def suggestion(region: str) -> str:
    """Return a hint for a region that does not exist."""
    return meant(region, (*REGIONS, *REGIONS.values())) or "such as eu-west-1 or mypurecloud.ie"
