# shellcheck shell=bash # sourced by ../../kubernetes
# Who is who in the cluster: an authority that lives as long as the cluster, and a key for each of its parts. They lie below STATE,
# readable by root only; the authority's own key never enters the node.

AUTHORITY=$STATE/authority

# make_certificates: fills NODE/etc with keys, certificates and kubeconfigs.
make_certificates() (
	stage "Making keys and certificates"
	umask 077
	mkdir -p "$AUTHORITY" "$NODE/etc"
	cd "$NODE/etc" || exit
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$AUTHORITY/ca.key" -out ca.crt -days 30 \
		-subj /CN=kafka-connect-charms 2>"$AUTHORITY/log" || fail_with_log "$AUTHORITY/log" "openssl could not make an authority."
	openssl ecparam -name prime256v1 -genkey -noout -out service-accounts.key

	local names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
	names+=,DNS:kubernetes.default.svc.$CLUSTER_DOMAIN,IP:127.0.0.1,IP:$API_SERVICE,IP:$NODE_ADDRESS
	certify kube-apiserver /CN=kube-apiserver "$names"
	certify kubelet "/O=system:nodes/CN=system:node:$NODE_NAME" "DNS:$NODE_NAME,IP:$NODE_ADDRESS"
	certify admin /O=system:masters/CN=admin
	local part
	for part in kube-controller-manager kube-scheduler kube-proxy dns volumes; do certify "$part" "/CN=system:$part"; done
	for part in admin kubelet kube-controller-manager kube-scheduler kube-proxy dns volumes; do write_kubeconfig "$part"; done
)

# certify PART SUBJECT [NAMES]: a key and a certificate for PART, as a server too when it has NAMES.
certify() {
	local -r part=$1 subject=$2 names=${3:-}
	local extensions="basicConstraints=CA:FALSE"$'\n'"extendedKeyUsage=clientAuth${names:+,serverAuth}"
	extensions+=${names:+$'\n'"subjectAltName=$names"}
	{
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$part.key" -subj "$subject" |
			openssl x509 -req -CA ca.crt -CAkey "$AUTHORITY/ca.key" -days 30 -out "$part.crt" -extfile <(echo "$extensions")
	} 2>"$AUTHORITY/log" || fail_with_log "$AUTHORITY/log" "openssl could not make the certificate of $part."
}

# write_kubeconfig PART. The context's name is not that of Juju's cloud, which Juju would take for the same thing.
write_kubeconfig() {
	cat >"$1.kubeconfig" <<-END
		apiVersion: v1
		kind: Config
		clusters: [{name: node, cluster: {server: "https://$NODE_ADDRESS:6443", certificate-authority-data: $(base64 --wrap=0 ca.crt)}}]
		users: [{name: $1, user: {client-certificate-data: $(base64 --wrap=0 "$1.crt"), client-key-data: $(base64 --wrap=0 "$1.key")}}]
		contexts: [{name: node, context: {cluster: node, user: $1}}]
		current-context: node
	END
}
