//! An admission policy judges the whole cluster on every change: which right is missing when it denies one (F§8.3).

/// What a denial asks for: the field it is about, and the verb or right that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingRight {
    /// The field of the cluster, which the denied change did not touch.
    pub field: &'static str,
    /// What the person must be allowed to do.
    pub right: &'static str,
}

/// How the messages begin, and what each asks for.
const RIGHTS: [(&str, MissingRight); 14] = [
    right("CR-selected custom executables", "images, hooks or plugins", "usecustomexecutables on the cluster"),
    right("custom image verification trust roots", "image verification trust roots", "useimagetrustroots on the cluster"),
    right("workload identity annotations", "cloud identities (roleArn, workloadIdentity)", "usecloudidentities on the cluster"),
    right("non-ClusterIP Services", "published Services, Ingresses or Gateways", "publishnetworking on the cluster"),
    right("spec.serviceAccount.name", "spec.serviceAccount.name", "use on that ServiceAccount"),
    right("spec.imagePullSecrets", "spec.imagePullSecrets", "use or get on those Secrets"),
    right("spec.ingress", "spec.ingress", "use on the IngressClass, use or get on its TLS Secret"),
    right("spec.gateway", "spec.gateway.gatewayRef", "use on that Gateway"),
    right("existing PVC references", "existing volume claims", "use on those PersistentVolumeClaims"),
    right("StorageClass references", "storageClassName", "use on that StorageClass"),
    right("unseal credentials", "spec.unseal.credentialsSecretRef", "get on that Secret"),
    right("backup credentials", "Secrets of spec.backup", "get on those Secrets"),
    right("ServiceMonitor", "ServiceMonitor authentication or TLS", "get or use on the Secrets it names"),
    right("image verification pull Secrets", "image verification pull Secrets", "get or use on those Secrets"),
];

const fn right(about: &'static str, field: &'static str, right: &'static str) -> (&'static str, MissingRight) {
    (about, MissingRight { field, right })
}

/// The right a denial asks for; `None` when its text is none of the operator's about rights.
pub fn missing_right(message: &str) -> Option<MissingRight> {
    let (_, said) = message.split_once("Users configuring ")?;
    RIGHTS.iter().filter_map(|(about, right)| Some((said.find(about)?, *right))).min_by_key(|(at, _)| *at).map(|(_, right)| right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_words_name_the_right() {
        let denied = "openbaoclusters.openbao.org \"bg\" is forbidden: ValidatingAdmissionPolicy 'openbao-validate-openbaocluster' with binding 'b' denied request: Users configuring backup credentials must be authorized to get referenced backup Secrets.";
        assert_eq!(missing_right(denied).map(|m| m.right), Some("get on those Secrets"));
        let several =
            "Users configuring workload identity annotations, labels, S3 roleArn, or backup credentials must be authorized";
        assert_eq!(missing_right(several).map(|m| m.right), Some("usecloudidentities on the cluster"), "the first one named");
        for other in
            ["", "denied request: spec.version cannot be downgraded below status.currentVersion.", "Users configuring dinner"]
        {
            assert_eq!(missing_right(other), None, "{other}");
        }
    }
}
