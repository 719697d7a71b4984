"""One hook of a charm that provides certificates with the Python library: databags in on stdin, databag out on stdout."""

import json
import sys
from datetime import timedelta

from charmlibs.interfaces.tls_certificates import (
    Certificate,
    CertificateError,
    CertificateRequestAttributes,
    PrivateKey,
    ProviderCertificate,
    ProviderCertificateError,
    TLSCertificatesProvidesV4,
)
from ops import CharmBase, testing

DAY = timedelta(days=1)
given = json.load(sys.stdin)
if given.get("ca"):
    ca, key = Certificate.from_string(given["ca"]), PrivateKey.from_string(given["key"])
else:
    key = PrivateKey.generate()
    ca = Certificate.generate_self_signed_ca(CertificateRequestAttributes(common_name="interop CA"), key, 30 * DAY)


class Authority(CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        self.tls = TLSCertificatesProvidesV4(self, "certificates")
        framework.observe(self.on["certificates"].relation_changed, self._answer)

    def _answer(self, _):
        if given["does"] == "revoke":
            self.tls.revoke_all_certificates()
            return
        for asked in self.tls.get_outstanding_certificate_requests():
            csr = asked.certificate_signing_request
            if given["does"] == "refuse":
                error = CertificateError(code=101, name="IP_NOT_ALLOWED", message="no addresses here")
                self.tls.set_relation_error(ProviderCertificateError(asked.relation_id, csr, error))
                continue
            issued = csr.sign(ca, key, DAY)
            self.tls.set_relation_certificate(
                ProviderCertificate(asked.relation_id, issued, csr, ca, [issued, ca])
            )


relation = testing.Relation(
    "certificates",
    interface="tls-certificates",
    remote_app_name="kafka-connect",
    remote_units_data={int(number): bag for number, bag in given["units"].items()},
    local_app_data=given["app"],
)
context = testing.Context(
    Authority, meta={"name": "authority", "provides": {"certificates": {"interface": "tls-certificates"}}}
)
changed = context.on.relation_changed(relation, remote_unit=min(relation.remote_units_data))
after = context.run(changed, testing.State(leader=True, relations=[relation]))
json.dump({"ca": str(ca), "key": str(key), "app": dict(after.get_relation(relation.id).local_app_data)}, sys.stdout)
