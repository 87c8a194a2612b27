"""shopd finds the same hosts as botocore, in every region that botocore knows."""

import itertools

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointResolutionError
from botocore.session import Session

import shop

pytestmark = pytest.mark.volume

SERVICES = ("dynamodb", "sns", "sts")


def regions():
    partitions = Session().get_component("data_loader").load_data("partitions")["partitions"]
    return sorted(name for partition in partitions for name in partition["regions"]
                  if not name.endswith("-global"))


def resolvers():
    loader = Session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    return {name: EndpointProvider(loader.load_service_model(name, "endpoint-rule-set-1"),
                                   partitions) for name in SERVICES}


@pytest.fixture(scope="module")
def ask_botocore():
    providers = resolvers()

    def ask(service, region, fips, dualstack):
        more = {"UseGlobalEndpoint": False} if service == "sts" else {}
        try:
            return providers[service].resolve_endpoint(
                Region=region, UseFIPS=fips, UseDualStack=dualstack, **more).url
        except EndpointResolutionError:
            return None  # its table says that the partition has no such hosts

    return ask


@pytest.mark.parametrize("fips, dualstack", itertools.product((False, True), repeat=2))
def test_hosts_are_those_of_botocore(folder, ask_botocore, fips, dualstack):
    compared = 0
    for region in regions():
        status, stdout, stderr = shop.command(
            folder, "--check-config", AWS_REGION=region, AWS_USE_FIPS_ENDPOINT=str(fips).lower(),
            AWS_USE_DUALSTACK_ENDPOINT=str(dualstack).lower())
        assert status == 0, stderr
        for service in SERVICES:
            line = f"AWS_ENDPOINT_URL_{service.upper()}="
            ours, = (row[len(line):] for row in stdout.splitlines() if row.startswith(line))
            theirs = ask_botocore(service, region, fips, dualstack)
            assert theirs in (None, ours)
            compared += theirs is not None
    assert compared > 80
