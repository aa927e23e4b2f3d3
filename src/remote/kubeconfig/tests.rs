use super::*;

pub(super) fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
    Surroundings {
        variables: variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        home: None,
        working_directory: "/nonexistent".into(),
        stdin_is_terminal: false,
        service_account_dir: "/nonexistent/serviceaccount".into(),
    }
}
