//! Short ways through a world: connecting, reading, asking how an account fares.

use std::time::Duration;

use bowline_base::{AccountId, AttemptId, Reason, ScopeSet, Secret, Status, Wall};
use bowline_engine::apps::{AppWish, Want};
use bowline_engine::caller::SameUser;
use bowline_engine::connect::{AttemptState, Begun, ConnectWish};
use bowline_engine::engine::Sight;
use bowline_engine::serve::{Served, Wanted};
use bowline_engine::trail::{AuditQuery, AuditRecord};
use bowline_engine::{Caller, EngineError};
use bowline_oauth::transport::{Recorded, Reply};
use bowline_vault::Tokens;
use url::Url;

use super::{Seen, World, browse, promptly, script};

/// The owner: a program of this user without a key.
pub fn owner() -> Caller {
    let proof = SameUser::check(1, 1).expect("the same user");
    Caller::owner(proof, Some("/usr/bin/editor".into()))
}

/// A wish to connect this provider.
pub fn wish(provider: &str) -> ConnectWish {
    ConnectWish { provider: provider.to_owned(), ..ConnectWish::default() }
}

/// A wish to connect this account again.
pub fn again(account: &AccountId) -> ConnectWish {
    ConnectWish { account: Some(account.to_string()), ..ConnectWish::default() }
}

impl World {
    /// Begins an attempt as the owner.
    pub async fn begin(&self, wish: ConnectWish) -> Begun {
        self.engine.connect(&owner(), wish).await.expect("an attempt begins")
    }

    /// The browser comes back from the provider with these parameters; `STATE` stands for the right state.
    pub async fn comes_back(&self, begun: &Begun, query: &str) -> Seen {
        promptly(browse::open(&self.callback(begun, query))).await
    }

    /// The address at which the browser comes back.
    pub fn callback(&self, begun: &Begun, query: &str) -> Url {
        let state = browse::parameter(&begun.authorize_url, "state").expect("the address has a state");
        let mut url = browse::way_back(&begun.authorize_url);
        url.set_query(Some(&query.replace("STATE", &state)));
        url
    }

    /// How far an attempt has come.
    pub async fn attempt(&self, id: &AttemptId) -> AttemptState {
        self.engine.attempt(id, Duration::ZERO).await.expect("the attempt is known")
    }

    /// The word with which an attempt failed.
    pub async fn failed_with(&self, begun: &Begun) -> &'static str {
        match self.attempt(&begun.attempt).await {
            AttemptState::Failed(error) | AttemptState::Expired(error) => error.code,
            other => panic!("the attempt did not fail: {other:?}"),
        }
    }

    /// Connects a person of this provider from beginning to end.
    pub async fn connected(&self, provider: &str, subject: &str) -> AccountId {
        self.net.now_on("/token", script::tokens(subject));
        self.net.now_on("/userinfo", script::person(subject));
        let begun = self.begin(wish(provider)).await;
        let page = self.comes_back(&begun, "code=the-code&state=STATE").await;
        assert_eq!(page.status, 200, "{}", page.words());
        match self.attempt(&begun.attempt).await {
            AttemptState::Connected(id) => id,
            other => panic!("not connected: {other:?}"),
        }
    }

    /// The provider answers token requests so from now on.
    pub fn answers(&self, replies: impl IntoIterator<Item = Reply>) {
        let mut replies = replies.into_iter();
        if let Some(first) = replies.next() {
            self.net.now_on("/token", first);
        }
        for reply in replies {
            self.net.on("/token", reply);
        }
    }

    /// The requests at the token endpoint.
    pub fn token_requests(&self) -> Vec<Recorded> {
        self.net.requests_to("/token")
    }

    /// The refresh tokens that were sent, in order.
    pub fn sent_refresh_tokens(&self) -> Vec<String> {
        self.token_requests().iter().filter_map(|r| r.field("refresh_token")).collect()
    }

    /// The owner reads the account's token.
    pub async fn read(&self, id: &AccountId) -> Result<Served, EngineError> {
        promptly(self.engine.token(&owner(), id.as_str(), &Wanted::default())).await
    }

    /// The owner reads a token that has to live so long.
    pub async fn read_for(&self, id: &AccountId, min_ttl: Duration) -> Result<Served, EngineError> {
        let wanted = Wanted { min_ttl: Some(min_ttl), ..Wanted::default() };
        promptly(self.engine.token(&owner(), id.as_str(), &wanted)).await
    }

    /// The token that the owner is served, or the word of the refusal.
    pub async fn served(&self, id: &AccountId) -> String {
        text(self.read(id).await)
    }

    /// The account as a door shows it.
    pub fn sight(&self, id: &AccountId) -> Sight {
        self.engine.sight_of(id).expect("the account is there")
    }

    /// How the account fares, and why.
    pub fn fares(&self, id: &AccountId) -> (Status, Option<Reason>) {
        let standing = self.sight(id).standing;
        (standing.status, standing.reason)
    }

    /// When the account is renewed by itself, counted from now.
    pub fn next_refresh_in(&self, id: &AccountId) -> Option<Duration> {
        let now: Wall = self.engine.now();
        self.sight(id).next_refresh.map(|at| at.since(now))
    }

    /// The tokens as they are on disk.
    pub async fn stored(&self, id: &AccountId) -> Tokens {
        let id = id.clone();
        let found = self.store.run(move |vault| vault.tokens(&id)).await;
        found.expect("the tokens open").expect("the account has tokens")
    }

    /// Access and refresh token as they are on disk, in the clear.
    pub async fn stored_pair(&self, id: &AccountId) -> (String, String) {
        let tokens = self.stored(id).await;
        let refresh = tokens.refresh.as_ref().map(Secret::expose).unwrap_or_default().to_owned();
        (tokens.access.expose().to_owned(), refresh)
    }

    /// The whole audit trail, oldest first.
    pub async fn trail(&self) -> Vec<AuditRecord> {
        let query = AuditQuery { since_seq: None, before_seq: None, account: None, limit: 1000 };
        let mut records = self.engine.audit(query).await.expect("the trail is read");
        records.sort_by_key(|record| record.seq);
        records
    }

    /// The names of the audit entries, oldest first.
    pub async fn trail_events(&self) -> Vec<String> {
        self.trail().await.into_iter().map(|record| record.event).collect()
    }

    /// An app asks for the whole of this account, the owner says yes, and the app takes its key.
    pub async fn app_for(&self, name: &str, account: &AccountId) -> Caller {
        let asked = self.engine.ask_for_access(app_wish(name, account)).await.expect("an app asks");
        self.engine.approve_app(&owner(), &asked.pending.id, &[], None).await.expect("the owner says yes");
        let (_, key) = self
            .engine
            .app_answer(&asked.pending.id, &asked.poll_secret, Duration::ZERO)
            .await
            .expect("the app asks for the answer");
        let key = key.expect("the key comes with the first answer");
        self.engine.app_by_key(&key, Some("/usr/bin/app".into())).expect("the key is known")
    }
}

/// An app's wish for the whole of one account.
pub fn app_wish(name: &str, account: &AccountId) -> AppWish {
    let want = Want {
        provider: None,
        account: Some(account.to_string()),
        scopes: ScopeSet::default(),
        ..Want::default()
    };
    AppWish { name: name.to_owned(), wants: vec![want], because: None }
}

/// The token served, or the word of the refusal.
pub fn text(served: Result<Served, EngineError>) -> String {
    match served {
        Ok(served) => served.living.access.expose().to_owned(),
        Err(error) => error.audit_code().to_owned(),
    }
}
