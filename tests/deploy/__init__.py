"""Tests of what is shipped beside the package, by behaviour: rules, dashboards, images, units, manifests."""
