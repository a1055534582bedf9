use serde_json::json;

use crate::fake::{Fake, Reply, refused};

const PAGE: &str = "# HELP bowline_served_total Tokens.\n# TYPE bowline_served_total counter\n\
                    bowline_served_total{source=\"oauth\"} 7\n";

fn with(reply: Reply) -> Fake {
    Fake::with([("GET /v1/metrics", vec![reply])])
}

#[test]
fn f50_the_metrics_are_printed_as_they_come_and_as_json_one_document() {
    let fake = with(Reply::Text(PAGE));
    let ran = fake.run("bowline metrics");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, PAGE));
    let sample = json!({"name": "bowline_served_total", "labels": {"source": "oauth"}, "value": 7.0});
    assert_eq!(fake.run("bowline metrics --json").json(), json!({"metrics": [sample]}));
}

#[test]
fn what_is_no_page_of_metrics_is_not_taken_for_one() {
    let ran = with(Reply::Text("<html>who are you?</html>")).run("bowline metrics --json");
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(!ran.stdout.contains("html"), "{ran:?}");
}

#[test]
fn who_may_not_see_them_exits_as_one_who_was_refused() {
    let reply = refused(bowline_wire::Code::ApprovalRequired, |_| ());
    assert_eq!(with(reply).run("bowline metrics").status, 6);
}
