//! The providers of every world, and what they answer.

use std::fs;
use std::path::Path;

use bowline_oauth::transport::Reply;

/// The issuer of the provider `oidc`.
pub const ISSUER: &str = "https://id.example";

/// Provider files by name. `acme` and `other` keep to OAuth alone; `oidc` has an issuer and id tokens; `twoway` has
/// a second token endpoint; `secretive` needs a client secret; `brief` says how long a grant lives; `pinned` wants
/// one port; `bare` has no client id; `forever` says neither how long a token lives nor gives a refresh token;
/// `steady` never rotates; `sleepy` says that a grant dies of idleness, and of a client in testing after a week; `typed` connects by a code, too.
pub const PROVIDERS: &[(&str, &str)] = &[
    ("acme", "required_scopes = [\"mail\"]\n[client]\nid = \"bowline-acme\"\n"),
    ("other", "[client]\nid = \"bowline-other\"\n"),
    (
        "twoway",
        "token_endpoint_fallbacks = [\"https://second.example/token2\"]\n[client]\nid = \"bowline-twoway\"\n",
    ),
    ("secretive", "[client]\nid = \"bowline-secretive\"\nauth = \"client_secret_basic\"\n"),
    ("brief", "[client]\nid = \"bowline-brief\"\n[lifetimes]\naccess_token = \"1h\"\ngrant = \"60d\"\n"),
    ("bare", ""),
    ("forever", "[client]\nid = \"bowline-forever\"\n"),
    (
        "typed",
        "device_authorization_endpoint = \"https://typed.example/device\"\n[client]\nid = \"bowline-typed\"\n",
    ),
    (
        "sleepy",
        "[client]\nid = \"bowline-sleepy\"\n[lifetimes]\naccess_token = \"1h\"\nidle = \"30d\"\ntesting = \"7d\"\n",
    ),
    ("steady", "[client]\nid = \"bowline-steady\"\n[facts]\nrotates = false\n"),
];

pub(super) fn write_providers(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder for provider files");
    for (id, rest) in PROVIDERS {
        let text = format!("{}{rest}", head(id));
        fs::write(folder.join(format!("{id}.toml")), text).expect("a provider file is written");
    }
    let oidc = format!(
        "id = \"oidc\"\nname = \"Oidc\"\nissuer = \"{ISSUER}\"\n\
         authorization_endpoint = \"{ISSUER}/authorize\"\ntoken_endpoint = \"{ISSUER}/token\"\n\
         revocation_endpoint = \"{ISSUER}/revoke\"\nuserinfo_endpoint = \"{ISSUER}/userinfo\"\n\
         jwks_uri = \"{ISSUER}/jwks\"\nscopes = [\"openid\", \"profile\"]\n[client]\nid = \"bowline-oidc\"\n"
    );
    fs::write(folder.join("oidc.toml"), oidc).expect("a provider file is written");
}

fn head(id: &str) -> String {
    let mut name = id.to_owned();
    name[..1].make_ascii_uppercase();
    format!(
        "id = \"{id}\"\nname = \"{name}\"\nauthorization_endpoint = \"https://{id}.example/authorize\"\n\
         token_endpoint = \"https://{id}.example/token\"\nrevocation_endpoint = \"https://{id}.example/revoke\"\n\
         userinfo_endpoint = \"https://{id}.example/userinfo\"\nscopes = [\"profile\", \"mail\"]\n"
    )
}

/// Codes of a provider, asked after every five seconds for ten minutes.
pub fn codes() -> Reply {
    Reply::json(
        200,
        r#"{"device_code":"never-shown","user_code":"WDJB-MJHT","verification_uri":"https://typed.example/activate",
            "verification_uri_complete":"https://typed.example/activate?c=WDJB-MJHT","expires_in":600,"interval":5}"#,
    )
}

/// Tokens for an hour: `at-MARK` and `rt-MARK`.
pub fn tokens(mark: &str) -> Reply {
    tokens_for(mark, 3600)
}

/// Tokens for so many seconds.
pub fn tokens_for(mark: &str, seconds: u64) -> Reply {
    Reply::json(
        200,
        format!(
            "{{\"access_token\":\"at-{mark}\",\"refresh_token\":\"rt-{mark}\",\"token_type\":\"Bearer\",\"expires_in\":{seconds}}}"
        ),
    )
}

/// Tokens without a new refresh token.
pub fn access_only(mark: &str) -> Reply {
    Reply::json(
        200,
        format!("{{\"access_token\":\"at-{mark}\",\"token_type\":\"Bearer\",\"expires_in\":3600}}"),
    )
}

/// Tokens for an hour, good for these scopes.
pub fn tokens_with(mark: &str, scope: &str) -> Reply {
    Reply::json(
        200,
        format!(
            "{{\"access_token\":\"at-{mark}\",\"refresh_token\":\"rt-{mark}\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"{scope}\"}}"
        ),
    )
}

/// A refusal in the standard's form.
pub fn refusal(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, format!("{{\"error\":\"{error}\",\"error_description\":\"{description}\"}}"))
}

/// What the provider tells of a person.
pub fn person(subject: &str) -> Reply {
    Reply::json(
        200,
        format!(
            "{{\"sub\":\"{subject}\",\"preferred_username\":\"{subject}@example.com\",\"name\":\"{subject}\"}}"
        ),
    )
}
