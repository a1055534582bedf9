//! The rows. Each line of the contract's table of verbs (§3) that this version serves, and the few added.

use super::{
    ACCOUNT, ANYONE, ASKER, Answer, BEFORE_SEQ, EMERGENCY, FROZEN, LIMIT, LOCAL_ONLY, MAX_FILE_BODY, MIN_TTL,
    Method, OWNER, OWNER_APP, RANGE, SCOPE, SELECTED, SERVED, SINCE_SEQ, Shape, Verb, WAIT, json, shapes,
    verb,
};
use crate::problem::Code;

use Method::{Delete, Get, Patch, Post};

macro_rules! verbs {
    ($($id:ident $name:literal $method:ident $path:literal $who:ident $answer:expr
       $(, $set:ident($($value:expr)?))* ;)+) => {
        /// Names each verb, so that a door that forgets one does not compile.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum VerbId { $(#[doc = concat!("`", stringify!($method), " ", $path, "`")] $id,)+ }

        impl VerbId {
            /// The `operationId` of the description.
            pub const fn as_str(self) -> &'static str {
                match self { $(VerbId::$id => $name,)+ }
            }

            /// The verb's row in the table.
            pub fn verb(self) -> &'static Verb {
                &VERBS[self as usize]
            }
        }

        /// The table, in the order of [`VerbId`].
        pub static VERBS: &[Verb] =
            &[$(verb(VerbId::$id, $method, $path, $who, $answer)$(.$set($($value)?))*),+];
    };
}

verbs! {
    Health "health" Get "/v1/health" ANYONE json::<shapes::HealthView>(),
        says("Whether the agent answers, and nothing about any account.");
    OpenApi "openapi" Get "/v1/openapi.json" ANYONE Answer::Document,
        says("This description.");
    ListAccounts "listAccounts" Get "/v1/accounts" OWNER_APP json::<shapes::AccountsView>(),
        says("All accounts that the caller may see.");
    GetAccount "getAccount" Get "/v1/accounts/{sel}" OWNER_APP json::<shapes::AccountView>(),
        says("One account."), errors(&[Code::AmbiguousAccount, Code::AccountNotFound, Code::ApprovalRequired]);
    PatchAccount "patchAccount" Patch "/v1/accounts/{sel}" OWNER json::<shapes::AccountView>(),
        says("Rename, pause, resume, or name an account that stands in."),
        body(Shape::of::<shapes::PatchAccountBody>()),
        errors(&[Code::AmbiguousAccount, Code::AccountNotFound, Code::StorageError]);
    DeleteAccount "disconnectAccount" Delete "/v1/accounts/{sel}" OWNER json::<shapes::DisconnectedView>(),
        says("Disconnect: revoke at the provider, then forget."),
        query(&[LOCAL_ONLY]),
        errors(&[Code::AmbiguousAccount, Code::AccountNotFound, Code::Locked, Code::StorageError]);
    GetToken "getToken" Get "/v1/accounts/{sel}/token" OWNER_APP json::<shapes::TokenView>(),
        says("A valid access token, renewed first if it lives too short."),
        query(&[MIN_TTL, SCOPE, FROZEN]), errors(SERVED);
    RejectToken "rejectToken" Post "/v1/accounts/{sel}/token/rejected" OWNER_APP json::<shapes::TokenView>(),
        says("The provider answered 401 to this token."),
        body(Shape::of::<shapes::RejectedBody>()), errors(SERVED);
    RefreshAccount "refreshAccount" Post "/v1/accounts/{sel}/refresh" OWNER json::<shapes::AccountView>(),
        says("Renew now."), errors(SERVED);
    ReconnectAccount "reconnectAccount" Post "/v1/accounts/{sel}/reconnect" OWNER_APP json::<shapes::RequestView>(),
        says("Ask the user to sign in again. Never opens the browser by itself."),
        body(Shape::of::<shapes::ReconnectBody>()), optional(),
        errors(&[Code::AmbiguousAccount, Code::AccountNotFound, Code::ApprovalRequired]);
    StartEmergency "startEmergency" Post "/v1/accounts/{sel}/emergency" OWNER Answer::Json(202, Shape::of::<shapes::RequestView>()),
        says("Ask the user to let a key of their own stand in while the provider is down."),
        body(Shape::of::<shapes::EmergencyBody>()), errors(EMERGENCY);
    EndEmergency "endEmergency" Delete "/v1/accounts/{sel}/emergency" OWNER json::<shapes::EmergencyEndedView>(),
        says("End that key now, or take the question about it back."),
        errors(&[Code::AmbiguousAccount, Code::AccountNotFound, Code::StorageError]);
    ListRequests "listRequests" Get "/v1/requests" OWNER json::<shapes::RequestsView>(),
        says("Every open question to the user.");
    GetRequest "getRequest" Get "/v1/requests/{id}" ASKER json::<shapes::RequestView>(),
        says("How a question stands."), query(&[WAIT]), errors(&[Code::RequestNotFound]);
    AnswerRequest "answerRequest" Post "/v1/requests/{id}/answer" OWNER json::<shapes::RequestView>(),
        by_the_person(), says("The user's answer."), body(Shape::of::<shapes::AnswerBody>()), errors(&[Code::RequestNotFound]);
    Connect "connect" Post "/v1/connect" OWNER json::<shapes::ConnectView>(),
        says("Start to connect or reconnect an account."),
        body(Shape::of::<shapes::ConnectBody>()),
        errors(&[
            Code::ProviderNotFound,
            Code::AmbiguousAccount,
            Code::AccountNotFound,
            Code::ProviderMisconfigured,
            Code::Locked,
            Code::TemporarilyUnavailable,
        ]);
    GetAttempt "getAttempt" Get "/v1/connect/{attempt}" OWNER json::<shapes::AttemptView>(),
        says("How an attempt stands."), query(&[WAIT]), errors(&[Code::RequestNotFound]);
    OpenAttempt "openAttempt" Post "/v1/connect/{attempt}/open" OWNER json::<shapes::OpenedView>(),
        says("Open the page of an attempt that waits once more."), errors(&[Code::RequestNotFound]);
    CancelAttempt "cancelAttempt" Delete "/v1/connect/{attempt}" OWNER json::<shapes::AttemptView>(),
        says("Give an attempt up."), errors(&[Code::RequestNotFound]);
    ListApps "listApps" Get "/v1/apps" OWNER json::<shapes::AppsView>(),
        says("The apps, what each may read, and when it last did.");
    AskForAccess "askForAccess" Post "/v1/apps" ANYONE Answer::Json(202, Shape::of::<shapes::AppWantedView>()),
        says("An app asks for access."), body(Shape::of::<shapes::AppBody>());
    GetAppRequest "getAppRequest" Get "/v1/apps/requests/{id}" ASKER json::<shapes::AppRequestView>(),
        says("How an app's question stands; the app key is given once."),
        query(&[WAIT]), errors(&[Code::RequestNotFound]);
    ApproveApp "approveApp" Post "/v1/apps/requests/{id}/approve" OWNER json::<shapes::AppRequestView>(),
        by_the_person(), says("The owner says yes, for these accounts."),
        body(Shape::of::<shapes::ApproveBody>()),
        errors(&[Code::RequestNotFound, Code::AmbiguousAccount, Code::AccountNotFound, Code::StorageError]);
    DenyApp "denyApp" Post "/v1/apps/requests/{id}/deny" OWNER json::<shapes::AppRequestView>(),
        by_the_person(), says("The owner says no."), errors(&[Code::RequestNotFound]);
    RevokeApp "revokeApp" Delete "/v1/apps/{id}" OWNER json::<shapes::AppRevokedView>(),
        says("The app's key stops working at once."), errors(&[Code::NotFound, Code::StorageError]);
    Events "events" Get "/v1/events" OWNER_APP Answer::Events,
        says("What happens, as server-sent events.");
    Audit "audit" Get "/v1/audit" OWNER json::<shapes::AuditListView>(),
        says("The audit trail."), query(&[SINCE_SEQ, BEFORE_SEQ, ACCOUNT, LIMIT]), errors(SELECTED);
    VerifyAudit "verifyAudit" Get "/v1/audit/verify" OWNER json::<shapes::AuditVerifiedView>(),
        says("Whether the audit trail's chain holds.");
    Metrics "metrics" Get "/v1/metrics" OWNER_APP Answer::Metrics,
        says("What is counted, in the Prometheus text format; for an app that was given `metrics`."),
        errors(&[Code::ApprovalRequired]);
    Alerts "alerts" Get "/v1/alerts" OWNER json::<shapes::AlertsView>(),
        says("The alerts that are open.");
    History "history" Get "/v1/history" OWNER json::<shapes::HistoryView>(),
        says("The figures over time."), query(&[RANGE]), errors(&[Code::StorageError]);
    Vault "vault" Get "/v1/vault" OWNER json::<shapes::VaultView>(),
        says("How the master key stands.");
    UnlockVault "unlockVault" Post "/v1/vault/unlock" OWNER json::<shapes::VaultView>(),
        says("Unlock, with the passphrase where there is one."),
        body(Shape::of::<shapes::UnlockBody>()), optional(), errors(&[Code::Locked]);
    LockVault "lockVault" Post "/v1/vault/lock" OWNER json::<shapes::VaultView>(),
        says("Wipe the key from memory.");
    RekeyVault "rekeyVault" Post "/v1/vault/rekey" OWNER json::<shapes::VaultView>(),
        by_the_person(), says("Make a new key and seal everything anew."),
        body(Shape::of::<shapes::RekeyBody>()), optional(), errors(&[Code::Locked, Code::StorageError]);
    ExportVault "exportVault" Post "/v1/vault/export" OWNER json::<shapes::ExportedView>(),
        by_the_person(), says("Write everything to a new file that only this passphrase opens."),
        body(Shape::of::<shapes::MoveVaultBody>()), errors(&[Code::Locked, Code::StorageError]);
    ImportVault "importVault" Post "/v1/vault/import" OWNER json::<shapes::ImportedView>(),
        by_the_person(), says("Add what is in an export and not here; nothing that is here is changed."),
        body(Shape::of::<shapes::MoveVaultBody>()), errors(&[Code::Locked, Code::StorageError]);
    Doctor "doctor" Get "/v1/doctor" OWNER json::<shapes::DoctorView>(),
        says("The checks of `bowline doctor`."), query(&[ACCOUNT]), errors(SELECTED);
    ListProviders "listProviders" Get "/v1/providers" OWNER json::<shapes::ProvidersView>(),
        says("The catalogue of providers.");
    SetUpProvider "setUpProvider" Post "/v1/providers" OWNER json::<shapes::ProviderView>(),
        by_the_person(), says("Set a provider up with a client of your own: writes its file, seals the secret."),
        body(Shape::of::<shapes::ProviderBody>()), errors(&[Code::Locked, Code::StorageError]);
    CheckProvider "checkProvider" Post "/v1/providers/check" OWNER json::<shapes::ProviderCheckView>(),
        says("Read a provider file without taking it up."),
        body(Shape::of::<shapes::ProviderCheckBody>()), at_most(MAX_FILE_BODY);
    SetProviderSecret "setProviderSecret" Post "/v1/providers/{id}/secret" OWNER json::<shapes::ProviderSecretView>(),
        by_the_person(), says("Seal a provider's client secret in the vault."),
        body(Shape::of::<shapes::ProviderSecretBody>()),
        errors(&[Code::ProviderNotFound, Code::Locked, Code::StorageError]);
    OpenPage "openPage" Post "/v1/pages" OWNER json::<shapes::OpenedView>(),
        says("Open a page of a provider that the catalogue knows, in the person's own browser."),
        by_the_person(), body(Shape::of::<shapes::OpenPageBody>()),
        errors(&[Code::ProviderNotFound, Code::AmbiguousAccount, Code::AccountNotFound, Code::NotFound]);
    StartPractice "startPractice" Post "/v1/practice" OWNER json::<shapes::ProviderView>(),
        says("Run the practice provider for as long as the agent runs."),
        body(Shape::of::<shapes::PracticeBody>()), optional(), errors(&[Code::TemporarilyUnavailable]);
    Settings "settings" Get "/v1/settings" OWNER json::<shapes::SettingsView>(),
        says("The settings in force, with their defaults.");
    ChangeSettings "changeSettings" Patch "/v1/settings" OWNER json::<shapes::SettingsView>(),
        by_the_person(), says("Change the settings file, which takes effect at once; its comments stay."),
        body(Shape::of::<shapes::SettingsBody>()), errors(&[Code::StorageError]);
    Stop "stop" Post "/v1/stop" OWNER Answer::Json(202, Shape::of::<shapes::StoppingView>()),
        says("End the agent, with every received token on disk.");
}
