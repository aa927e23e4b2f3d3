//! S3: versitygw, with signatures, permissions and pages.

mod finding;
mod gateway;
mod refusals;

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::GENUINE_SNAPSHOT;

use self::gateway::{Account, BUCKET, Gateway, OWNER, REGION};
use crate::support::{Person, Plugin, Ran, scenario};

/// Where the backups of the range's cluster go.
const PLACE: &str = "bao/prod/";

/// The range's cluster, and a gateway beside it.
struct Place {
    person: Person,
    gateway: Gateway,
}

impl Place {
    async fn new() -> Place {
        let (person, gateway) = tokio::join!(scenario("restore", Play::Jan), Gateway::start());
        Place { person, gateway }
    }

    /// The plugin with the keys of an account in its environment.
    fn plugin(&self, who: Account) -> Plugin {
        self.person.plugin().env("AWS_ACCESS_KEY_ID", who.id).env("AWS_SECRET_ACCESS_KEY", who.secret)
    }

    /// The arguments, and where the bucket is.
    fn there(&self, args: &[&str]) -> Vec<String> {
        let flags = ["--credentials=env", "--endpoint", &self.gateway.url(), "--bucket", BUCKET, "--region", REGION];
        args.iter().chain(&flags).map(|arg| (*arg).to_owned()).collect()
    }

    /// Runs the plugin as somebody, at this gateway.
    async fn run_as(&self, who: Account, args: &[&str]) -> Ran {
        let ran = self.plugin(who).run(&self.there(args)).await;
        self.person.assert_nothing_written(&ran);
        ran
    }

    /// [`Place::run_as`] as somebody who may do everything.
    async fn run(&self, args: &[&str]) -> Ran {
        self.run_as(OWNER, args).await
    }

    /// Stores the genuine snapshot under a name of the cluster's; gives the whole key.
    async fn genuine(&self, name: &str) -> String {
        let key = format!("{PLACE}{name}");
        self.gateway.put(&key, GENUINE_SNAPSHOT).await;
        key
    }
}
