//! The binary as an operator runs it: set up, checked, served, asked, reloaded, stopped.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weighbridge"));
    // Nothing of the caller's environment: a key that happens to be set would switch a provider on.
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that has to succeed, and reads its JSON.
fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", stdout(&output)))
}

/// A folder that `init` has set up, on ports of its own.
fn set_up() -> TempDir {
    let folder = TempDir::with_prefix("weighbridge-cli-").unwrap();
    let output = run(folder.path(), &["init", "--markup", "12.5"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let file = folder.path().join("weighbridge.toml");
    let [listen, admin] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("127.0.0.1:4000", &listen.local_addr().unwrap().to_string()).replace("127.0.0.1:4001", &admin.local_addr().unwrap().to_string());
    fs::write(&file, text).unwrap();
    folder
}

struct Serving(Child);

impl Serving {
    fn start(folder: &Path) -> Self {
        let child = command(folder, &["serve"]).stderr(fs::File::create(folder.join("log")).unwrap()).spawn().unwrap();
        let mut serving = Self(child);
        wait_for(|| {
            assert!(serving.0.try_wait().unwrap().is_none(), "it ended: {}", fs::read_to_string(folder.join("log")).unwrap());
            run(folder, &["ledger", "stats"]).status.success()
        });
        serving
    }
    fn stop(mut self) {
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.0.id())]).status();
        assert!(sent.unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for a condition; the limit only tells a test that hangs from one that is slow.
fn wait_for(mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not happen");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn init_sets_up_once_and_overwrites_nothing() {
    let folder = TempDir::new().unwrap();
    let done = json(folder.path(), &["init"]);
    assert!(done["key"].as_str().unwrap().starts_with("wb-"));
    assert_eq!((&done["plan"], &done["customer"]), (&"standard".into(), &"first-customer".into()));
    let written = fs::read_to_string(folder.path().join("weighbridge.toml")).unwrap();
    assert!(written.contains("markup_percent = \"30\""));
    assert!(!written.contains(done["key"].as_str().unwrap()), "the key is not kept");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(folder.path().join("weighbridge-data")).unwrap().permissions().mode() & 0o777, 0o700, "the books are nobody else's business");
    }

    let again = run(folder.path(), &["init"]);
    assert_eq!(again.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&again), @"error: weighbridge.toml is there already; init does not overwrite it. Run this in another folder, or move the file away.");
    assert_eq!(fs::read_to_string(folder.path().join("weighbridge.toml")).unwrap(), written);

    fs::remove_file(folder.path().join("weighbridge.toml")).unwrap();
    let over_old_books = run(folder.path(), &["init"]);
    assert_eq!(over_old_books.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&over_old_books), @"error: the data folder ./weighbridge-data has a first-customer already: it was set up before. Give [store] path another folder, or go on with `weighbridge serve`.");
    assert!(!folder.path().join("weighbridge.toml").exists(), "half a set-up is taken back");
}

#[test]
fn doctor_ends_with_1_when_something_is_wrong_and_says_what() {
    let folder = set_up();
    let sound = json(folder.path(), &["doctor"]);
    assert_eq!(sound["sound"], true);
    let file = folder.path().join("weighbridge.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("12.5", "twelve")).unwrap();
    let output = run(folder.path(), &["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output);
    let wrong: Vec<&str> = said.lines().filter(|line| line.starts_with('✗')).collect();
    insta::assert_snapshot!(wrong.join("\n"), @r#"✗ plans          plans.standard.rules[0].markup_percent: "twelve" is not a decimal number: write a percentage such as "30" or "12.5""#);
    fs::write(&file, "[server]\nport = 4000\n").unwrap();
    let output = run(folder.path(), &["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stdout(&output).lines().filter(|line| line.starts_with('✗')).collect::<Vec<_>>().join("\n"), @"✗ configuration  weighbridge.toml: server.port: unknown key; expected one of: listen, admin_listen");
}

#[test]
fn a_gateway_is_asked_reloaded_and_stopped() {
    let folder = set_up();
    let path = folder.path();
    let serving = Serving::start(path);
    let created = json(path, &["customers", "create", "acme", "--name", "Acme Ltd", "--external-id", "stripe=cus_1"]);
    assert_eq!((&created["id"], &created["external_ids"]["stripe"]), (&"acme".into(), &"cus_1".into()));
    let again = run(path, &["customers", "create", "acme"]);
    assert_eq!((again.status.code(), stderr(&again).as_str()), (Some(1), "error: there is a customer \"acme\" already; change it, or choose another id\n"));
    let customers = json(path, &["customers", "list"]);
    assert_eq!(customers["data"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect::<Vec<_>>(), ["acme", "first-customer"]);
    let key = json(path, &["keys", "create", "--customer", "acme", "--name", "production"]);
    assert!(key["secret"].as_str().unwrap().starts_with("wb-"));
    assert_eq!(json(path, &["keys", "revoke", key["id"].as_str().unwrap()])["archived"], true);
    let quote = json(path, &["prices", "quote", "--provider", "simulated", "--model", "sim-small", "--usage", "input=1000,output=50"]);
    assert_eq!((&quote["cost"]["amount"], &quote["charge"]["amount"]), (&"0.00018".into(), &"0.0002025".into()));
    let row = |rate: &str| {
        format!(
            r#"[{{"id": "simulated/odd", "provider": "simulated", "model": "odd", "version": 1, "source": {{"name": "test"}}, "tiers": {{"default": [{{"rates": {{"input": {{"rate": "{rate}", "per": "1000000"}}}}}}]}}}}]"#
        )
    };
    let import = |rate: &str, confirm: &[&str]| {
        fs::write(path.join("prices.json"), row(rate)).unwrap();
        json(path, &[&["prices", "import", "prices.json", "--format", "weighbridge"], confirm].concat())
    };
    assert_eq!(import("2", &[])["added"][0], "simulated/odd");
    assert_eq!(import("20", &[])["quarantined"][0]["id"], "simulated/odd");
    assert_eq!(import("20", &["--confirm", "simulated/odd"])["changed"][0], "simulated/odd");
    let euro = json(path, &["plans", "create", "euro", "--currency", "EUR", "--markup", "20"]);
    assert_eq!((&euro["currency"], &euro["rules"][0]["currency"]), (&"EUR".into(), &"EUR".into()));
    assert_eq!(json(path, &["usage", "summary"])["data"], Value::Array(Vec::new()));
    assert_eq!(json(path, &["invoices", "preview", "acme"])["total"], "0.00");
    assert!(json(path, &["plugins", "list"])["data"].as_array().unwrap().iter().any(|plugin| plugin["name"] == "cost-plus"));
    assert_eq!(json(path, &["doctor"])["sound"], true);

    let file = path.join("weighbridge.toml");
    let text = fs::read_to_string(&file).unwrap();
    let plan = || json(path, &["plans", "get", "standard"]);
    assert_eq!(plan()["version"], 1);
    fs::write(&file, text.replace("12.5", "40")).unwrap();
    wait_for(|| plan()["version"] == 2);
    fs::write(&file, text.replace("markup_percent", "markup")).unwrap();
    wait_for(|| fs::read_to_string(path.join("log")).unwrap().contains("the changed configuration is not taken"));
    assert_eq!((&plan()["version"], &plan()["rules"][0]["markup_percent"]), (&2.into(), &"40".into()));
    fs::write(&file, &text).unwrap();
    serving.stop();

    let verified = json(path, &["ledger", "verify", "--path", "weighbridge-data"]);
    assert_eq!(verified["clean"], true);
    let log = fs::read_to_string(path.join("log")).unwrap();
    assert!(!log.contains(key["secret"].as_str().unwrap()), "a secret is in the log");
    let token = fs::read_to_string(path.join("weighbridge-data/admin-token")).unwrap();
    assert!(!log.contains(token.trim()), "the admin token is in the log");
}

#[test]
fn without_a_gateway_a_command_says_what_to_do() {
    let folder = set_up();
    let output = run(folder.path(), &["usage", "summary"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("cannot be reached") && said.ends_with("Start it with `weighbridge serve`, or name another one with --url or WEIGHBRIDGE_URL.\n"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_understood_ends_with_2() {
    let folder = TempDir::new().unwrap();
    for arguments in [&["nonsense"] as &[&str], &["usage", "explain"], &["init", "--markup", "many"], &["usage", "summary", "--from", "yesterday"]] {
        assert_eq!(run(folder.path(), arguments).status.code(), Some(2), "{arguments:?}");
    }
}
