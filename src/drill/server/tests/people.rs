//! Who may do what, and what the server says about itself.

use super::*;

const PODS: &str = "/api/v1/namespaces/bao/pods";

fn read_pods() -> Value {
    json!([{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]}])
}

/// Status of a GET with these headers and no client certificate.
async fn plain(server: &Server, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
    let config = server.kubeconfig_with("nobody", &json!({}), "bao");
    let kubeconfig = kube::config::Kubeconfig::from_yaml(&config).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await.unwrap();
    config.proxy_url = None;
    let client = kube::Client::try_from(config).unwrap();
    let mut request = http::Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = client.send(request.body(Vec::new().into()).unwrap()).await.unwrap();
    let code = answer.status().as_u16();
    let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
    (code, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn nobody_gets_401_with_a_status() {
    let server = server(Play::Jan).await;
    let unauthorized = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "Unauthorized", "reason": "Unauthorized", "code": 401});
    assert_eq!(plain(&server, PODS, &[]).await, (401, unauthorized.clone()));
    assert_eq!(plain(&server, PODS, &[("authorization", "Bearer wrong")]).await, (401, unauthorized));
    let token = server.token(&User::admin());
    assert_eq!(plain(&server, PODS, &[("authorization", &format!("Bearer {token}"))]).await.0, 200);
}

#[tokio::test]
async fn an_expired_certificate_is_401_or_ends_the_handshake() {
    let mut options = Options::playing(Play::Jan);
    let server = Server::start(options.clone()).await.unwrap();
    let client = server.client(&User::admin().expired()).await.unwrap();
    assert_eq!(get(&client, PODS).await.0, 401);
    options.expired_fails_handshake = true;
    let server = Server::start(options).await.unwrap();
    let client = server.client(&User::admin().expired()).await.unwrap();
    let request = http::Request::get(PODS).body(Vec::new()).unwrap();
    let error = client.request_text(request).await.unwrap_err();
    assert!(!matches!(error, kube::Error::Api(_)), "{error:?}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn roles_grant_and_their_absence_is_told_in_the_real_words() {
    let server = server(Play::Jan).await;
    server.allow_in("bao", "oncall", read_pods());
    let client = server.client(&User::named("oncall")).await.unwrap();
    assert_eq!(get(&client, PODS).await.0, 200);
    let (code, status) = post(&client, RESTORES, restore("r1")).await;
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "openbaorestores.openbao.org is forbidden: User \"oncall\" cannot create resource \"openbaorestores\" in API group \
         \"openbao.org\" in the namespace \"bao\""
    );
    assert_eq!(status["details"], json!({"group": "openbao.org", "kind": "openbaorestores"}));
    let (_, status) = get(&client, "/api/v1/pods").await;
    assert_eq!(
        status["message"],
        "pods is forbidden: User \"oncall\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
    );
    let (_, status) = get(&client, "/api/v1/namespaces/default/pods/p/log").await;
    assert_eq!(
        status["message"],
        "pods \"p\" is forbidden: User \"oncall\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"default\""
    );
    // The grant reaches the log: what is missing is the pod.
    assert_eq!(get(&client, &format!("{PODS}/p/log")).await.0, 404);
    let (code, status) = get(&client, "/metrics").await;
    assert_eq!((code, &status["message"]), (403, &json!("forbidden: User \"oncall\" cannot get path \"/metrics\"")));
}

#[tokio::test]
async fn groups_service_accounts_and_resource_names_count() {
    let server = server(Play::Jan).await;
    let bind = |name: &str, subject: Value, rule: Value| {
        let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]});
        let bound = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "subjects": [subject], "roleRef": {"kind": "ClusterRole", "name": name}});
        server.store().seed(role);
        server.store().seed(bound);
    };
    let named = json!({"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["one"], "verbs": ["get"]});
    bind("a", json!({"kind": "Group", "name": "ops"}), named);
    bind("b", json!({"kind": "ServiceAccount", "namespace": "bao", "name": "bot"}), read_pods()[0].clone());
    let ops = server.client(&User::named("ann").group("ops")).await.unwrap();
    let secret = |name: &str| format!("/api/v1/namespaces/bao/secrets/{name}");
    assert_eq!(get(&ops, &secret("one")).await.0, 404);
    assert_eq!(get(&ops, &secret("two")).await.0, 403);
    assert_eq!(get(&ops, "/api/v1/namespaces/bao/secrets").await.0, 403);
    let bot = server.client(&User::named("system:serviceaccount:bao:bot")).await.unwrap();
    assert_eq!(get(&bot, PODS).await.0, 200);
}

#[tokio::test]
async fn impersonation_needs_the_right_and_acts_as_the_other() {
    let server = server(Play::Jan).await;
    server.allow(
        "helper",
        json!([{"apiGroups": [""], "resources": ["users"], "resourceNames": ["oncall"], "verbs": ["impersonate"]}]),
    );
    server.allow_in("bao", "oncall", read_pods());
    let token = format!("Bearer {}", server.token(&User::named("helper")));
    let ask = |user: &'static str| {
        let (server, token) = (&server, token.clone());
        async move { plain(server, PODS, &[("authorization", &token), ("impersonate-user", user)]).await }
    };
    assert_eq!(ask("oncall").await.0, 200);
    let last = server.requests().pop().unwrap();
    assert_eq!((last.user.as_deref(), last.impersonated_by.as_deref()), (Some("oncall"), Some("helper")));
    let (_, status) = ask("system:serviceaccount:bao:bot").await;
    assert_eq!(
        status["message"],
        "serviceaccounts \"bot\" is forbidden: User \"helper\" cannot impersonate resource \"serviceaccounts\" in API group \"\" \
         in the namespace \"bao\""
    );
    let (code, status) = ask("admin").await;
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "users \"admin\" is forbidden: User \"helper\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope"
    );
}

#[tokio::test]
async fn everybody_may_ask_about_themselves() {
    let server = server(Play::Jan).await;
    server.allow_in("bao", "oncall", read_pods());
    let client = server.client(&User::named("oncall").group("ops")).await.unwrap();
    let can = async |attributes: Value| {
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes}});
        let (code, answer) = post(&client, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review).await;
        assert_eq!(code, 201);
        answer["status"]["allowed"] == true
    };
    assert!(can(json!({"verb": "list", "resource": "pods", "namespace": "bao"})).await);
    assert!(can(json!({"verb": "get", "resource": "pods", "subresource": "log", "namespace": "bao", "name": "p"})).await);
    assert!(!can(json!({"verb": "list", "resource": "pods", "namespace": "default"})).await);
    assert!(
        !can(json!({"verb": "restore", "group": "openbao.org", "resource": "openbaoclusters", "name": "c", "namespace": "bao"}))
            .await
    );
    let (_, me) = post(&client, "/apis/authentication.k8s.io/v1/selfsubjectreviews", json!({})).await;
    assert_eq!(me["status"]["userInfo"], json!({"username": "oncall", "groups": ["ops", "system:authenticated"]}));
    let rules = json!({"spec": {"namespace": "bao"}});
    let (_, rules) = post(&client, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", rules).await;
    assert_eq!(rules["status"]["resourceRules"][0], read_pods()[0]);
    assert!(server.writes().is_empty());
}

#[tokio::test]
async fn discovery_and_schemas_are_open_to_every_user() {
    let server = server(Play::Next).await;
    let client = server.client(&User::named("oncall")).await.unwrap();
    let (_, version) = get(&client, "/version").await;
    assert_eq!((&version["minor"], &version["gitVersion"]), (&json!("36"), &json!("v1.36.3")));
    let (_, groups) = get(&client, "/apis").await;
    let names: Vec<&Value> = groups["groups"].as_array().unwrap().iter().map(|g| &g["name"]).collect();
    assert!(names.contains(&&json!("openbao.org")) && names.contains(&&json!("authorization.k8s.io")));
    let (_, list) = get(&client, "/apis/openbao.org/v1alpha1").await;
    assert_eq!(list["resources"].as_array().unwrap().len(), 4);
    let discovery = kube::Discovery::new(client.clone()).run_aggregated().await.unwrap();
    let (_, capabilities) =
        discovery.resolve_gvk(&kube::core::GroupVersionKind::gvk("openbao.org", "v1alpha1", "OpenBaoRestore")).unwrap();
    assert_eq!(capabilities.subresources.len(), 1);
    let (_, index) = get(&client, "/openapi/v3").await;
    let url = index["paths"]["apis/openbao.org/v1alpha1"]["serverRelativeURL"].as_str().unwrap().to_owned();
    let (code, document) = get(&client, &url).await;
    let schema = &document["components"]["schemas"]["org.openbao.v1alpha1.OpenBaoRestore"];
    assert_eq!((code, &schema["x-kubernetes-group-version-kind"][0]["kind"]), (200, &json!("OpenBaoRestore")));
    assert!(schema["properties"]["spec"]["properties"]["source"]["properties"]["expectedDigest"].is_object());
    assert_eq!(get(&client, "/readyz").await, (200, json!("ok")));
}
