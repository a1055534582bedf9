//! What a person sees in the browser. Each page says that this is practice, works without script and without
//! anything from outside, and escapes every word that came with a request.

use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bowline_base::Scope;
use sha2::{Digest, Sha256};

use crate::book::{Client, Question, Return};
use crate::people::{MAX_NAME, Person, REGULARS};

const STYLE: &str = include_str!("pages.css");

/// A bowline's loop.
const KNOT: &str = r#"<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.200" stroke-linecap="round" aria-hidden="true"><path d="M7 21V10.500a5.500 5.500 0 1 1 5.500 5.500H3"/></svg>"#;

const CHECK: &str = r#"<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.500" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="m4 12.500 5 5L20 6.500"/></svg>"#;

/// The browser applies `form-action` to where a form's answer redirects to. That is a loopback address, checked when
/// the request came in; a policy cannot name `[::1]`, so it names the scheme.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; \
         form-action 'self' http:; \
         base-uri 'none'; frame-ancestors 'none'"
    )
});

/// The consent page: who the person is, what is asked, Allow and Cancel.
pub(crate) fn consent(
    client: &Client,
    question: &Question,
    ticket: &str,
    hint: Option<&str>,
    problem: Option<&str>,
) -> Response {
    let name = escaped(&client.name);
    let (warning, way_back) = match &question.answer_to {
        Return::Device { .. } => (
            "<p class=\"lead\">Only go on if you started this on a device of your own just now.</p>",
            "Your device will go on by itself.".to_owned(),
        ),
        Return::Redirect { uri, .. } => {
            let host = uri.host_str().unwrap_or_default();
            let port = uri.port().map(|p| format!(":{p}")).unwrap_or_default();
            ("", format!("You will be sent back to {} on this computer.", escaped(&format!("{host}{port}"))))
        }
    };
    let body = format!(
        "<h1>{name} asks for access</h1>\n\
         <p class=\"lead\">Choose who you are, and what it may do.</p>\n{warning}{NOTE}{problem}\
         <form method=\"post\" action=\"/authorize/decision\">\n\
         <input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\n{who}{what}\
         <button class=\"go\" name=\"decision\" value=\"allow\">Allow</button>\n</form>\n\
         <form method=\"post\" action=\"/authorize/cancel\">\n\
         <input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\n\
         <button class=\"stop\" name=\"decision\" value=\"deny\">Cancel</button>\n</form>",
        problem = alert(problem),
        ticket = escaped(ticket),
        who = people(hint, problem.is_some()),
        what = wishes(&name, question),
    );
    page(StatusCode::OK, &format!("{name} asks for access"), &body, &way_back)
}

const NOTE: &str = "<p class=\"note\"><strong>This is only practice.</strong> \
                    The practice provider runs on this computer. The people are invented, and nothing here is real.</p>\n";

/// The people to choose from. A hint that names nobody known is filled in as a typed name.
fn people(hint: Option<&str>, other: bool) -> String {
    let hinted = hint.and_then(Person::find);
    let known = hinted.as_ref().and_then(|p| Person::regular(&p.username));
    let stranger = if known.is_none() { hinted.map(|p| p.name) } else { None };
    let is_other = other || stranger.is_some();
    let chosen = known.map_or(REGULARS[0].0.to_owned(), |p| p.username);
    let mut rows = String::new();
    for (user, name) in REGULARS {
        let checked = if !is_other && chosen == user { " checked" } else { "" };
        rows += &format!(
            "<label class=\"row\"><input type=\"radio\" name=\"login\" value=\"{user}\"{checked}>\
             <span class=\"face\" aria-hidden=\"true\">{initials}</span>\
             <span>{name}<small>{user}@<wbr>practice.example</small></span></label>\n",
            initials = initials(name),
        );
    }
    format!(
        "<fieldset class=\"who\"><legend>Who are you?</legend>\n<div class=\"rows\">\n{rows}\
         <label class=\"row\"><input type=\"radio\" id=\"other\" name=\"login\" value=\"other\"{checked}>\
         <span class=\"face\" aria-hidden=\"true\">+</span><span>Somebody else</span></label>\n\
         <div class=\"typed\"><label for=\"login_other\">Name of somebody else</label>\
         <input type=\"text\" id=\"login_other\" name=\"login_other\" value=\"{value}\" maxlength=\"{MAX_NAME}\" \
         autocomplete=\"off\" spellcheck=\"false\"></div>\n</div></fieldset>\n",
        checked = if is_other { " checked" } else { "" },
        value = escaped(&stranger.unwrap_or_default()),
    )
}

fn initials(name: &str) -> String {
    name.split(' ').filter_map(|word| word.chars().next()).collect()
}

/// What is asked for, each in plain words, and each but `openid` to be declined.
fn wishes(client: &str, question: &Question) -> String {
    if question.scopes.is_empty() {
        return format!("<p>{client} asks for nothing in particular.</p>\n");
    }
    let row = |scope: &Scope| match words(scope.as_str()) {
        (words, hint) if scope.as_str() == "openid" => format!(
            "<div class=\"row fixed\">{CHECK}<span>{words}<small>{hint}</small></span>\
             <input type=\"hidden\" name=\"scope\" value=\"openid\"></div>\n"
        ),
        (words, hint) => format!(
            "<label class=\"row\"><input type=\"checkbox\" name=\"scope\" value=\"{scope}\" checked>\
             <span>{words}{hint}</span></label>\n",
            scope = escaped(scope.as_str()),
            hint = if hint.is_empty() { String::new() } else { format!("<small>{hint}</small>") },
        ),
    };
    let rows: String = question.scopes.iter().map(row).collect();
    format!("<fieldset><legend>{client} wants to</legend>\n<div class=\"rows\">\n{rows}</div></fieldset>\n")
}

/// A scope in words that people use, and what it means.
fn words(scope: &str) -> (String, &'static str) {
    let (words, hint) = match scope {
        "openid" => ("know that it is you", "This is needed."),
        "profile" => ("read your name", ""),
        "email" => ("read your e-mail address", ""),
        "offline_access" => ("stay signed in", "Without this you will be asked again soon."),
        "mail.read" => ("read practice mail", ""),
        "mail.send" => ("send practice mail", ""),
        other => return (format!("use “{}”", escaped(other)), ""),
    };
    (words.to_owned(), hint)
}

/// Where a device's code is typed.
pub(crate) fn device(code: &str, problem: Option<&str>) -> Response {
    let code: String = code.chars().take(20).collect();
    let body = format!(
        "<h1>Connect a device</h1>\n<p class=\"lead\">Type the code that your device shows. \
         Only do this if you started it there yourself.</p>\n{NOTE}{problem}\
         <form method=\"post\" action=\"/device\">\n<div class=\"field code\">\
         <label for=\"user_code\">Code</label><input type=\"text\" id=\"user_code\" name=\"user_code\" \
         value=\"{code}\" placeholder=\"BCDF-GHJK\" maxlength=\"20\" autocomplete=\"off\" autocapitalize=\"characters\" \
         spellcheck=\"false\" required autofocus></div>\n\
         <button class=\"go\">Continue</button>\n</form>",
        problem = alert(problem),
        code = escaped(&code),
    );
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page(status, "Connect a device", &body, "")
}

/// What is shown once a device's question is answered.
pub(crate) fn device_done(allowed: bool) -> Response {
    let (title, sentence) = match allowed {
        true => ("Your device is connected", "You can close this page and go back to your device."),
        false => ("Nothing was allowed", "Your device was told so. You can close this page."),
    };
    let body = format!("<h1>{title}</h1>\n<p class=\"lead\" role=\"status\">{sentence}</p>\n{NOTE}");
    page(StatusCode::OK, title, &body, "")
}

/// What is shown when a request cannot be answered to anybody but the person.
pub(crate) fn sorry(status: StatusCode, sentence: &str) -> Response {
    let body = format!(
        "<h1>This cannot go on</h1>\n<p class=\"lead\" role=\"alert\">{}</p>\n{NOTE}",
        escaped(sentence)
    );
    page(status, "This cannot go on", &body, "")
}

fn alert(problem: Option<&str>) -> String {
    problem.map(|p| format!("<p class=\"problem\" role=\"alert\">{}</p>\n", escaped(p))).unwrap_or_default()
}

fn page(status: StatusCode, title: &str, body: &str, foot: &str) -> Response {
    let foot = if foot.is_empty() { String::new() } else { format!("<footer><p>{foot}</p></footer>\n") };
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Practice</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <p class=\"brand\">{KNOT}<span>Practice provider</span></p>\n{body}\n</main>\n{foot}</body>\n</html>\n"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
    ];
    (status, headers, html).into_response()
}

/// Text that cannot become markup, in content or in a quoted attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_cannot_become_markup() {
        assert_eq!(escaped("<b a=\"'\">&"), "&lt;b a=&quot;&#39;&quot;&gt;&amp;");
    }

    #[test]
    fn a_hint_chooses_the_person_it_names() {
        let row = |user: &str| format!("value=\"{user}\" checked");
        assert!(people(None, false).contains(&row("alice")));
        assert!(people(Some("bob@practice.example"), false).contains(&row("bob")));
        let other = people(Some("Carol \"C\""), false);
        assert!(other.contains(&row("other")) && other.contains("value=\"Carol &quot;C&quot;\""), "{other}");
    }

    #[test]
    fn a_scope_without_words_is_shown_as_it_is() {
        assert_eq!(words("calendar<script>").0, "use “calendar&lt;script&gt;”");
        assert_eq!(words("offline_access").0, "stay signed in");
    }
}
