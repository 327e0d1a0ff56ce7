//! The gateway as a process: started, killed, restarted, stopped, and looked over at the end.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{Admin, Config, Request, binary, invariants};

/// The admin token of every gateway that the harness starts.
pub const ADMIN_TOKEN: &str = "admin-token-of-the-harness";

/// How long a start or a stop may take on a busy machine before the test says that it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running gateway (or, after [`Weighbridge::kill`], its data folder).
pub struct Weighbridge {
    config: Config,
    folder: TempDir,
    address: SocketAddr,
    admin_address: SocketAddr,
    child: Option<Child>,
    /// Scenarios that break an invariant on purpose (a customer's clock, a damaged file) say so.
    checked: bool,
}

/// A start that was refused.
#[derive(Debug)]
pub struct Refused {
    /// The exit code; absent when a signal ended it.
    pub code: Option<i32>,
    /// What it said, with the folder's name replaced by `[folder]`.
    pub stderr: String,
}

impl Weighbridge {
    /// Starts and waits until it is ready; fails the test with what it said if it is refused.
    pub fn start(config: Config) -> Self {
        Self::try_start(config).unwrap_or_else(|refused| panic!("the gateway did not start (exit code {:?}):\n{}", refused.code, refused.stderr))
    }
    /// Starts and waits until it is ready or has ended.
    pub fn try_start(config: Config) -> Result<Self, Refused> {
        let folder = TempDir::with_prefix("weighbridge-").expect("a temporary folder");
        let [address, admin_address] = free_ports();
        fs::write(folder.path().join("weighbridge.toml"), config.render(address, admin_address)).expect("the configuration is written");
        for (path, bytes) in config.files() {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder is made");
            fs::write(path, bytes).expect("the file is written");
        }
        plugin_cache::seed(&folder.path().join("data"));
        let mut weighbridge = Self { config, folder, address, admin_address, child: None, checked: true };
        weighbridge.launch()?;
        plugin_cache::keep(&weighbridge.data());
        Ok(weighbridge)
    }
    /// Starts the process again, over the same data folder.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "it is still running");
        if let Err(refused) = self.launch() {
            panic!("the gateway did not start again (exit code {:?}):\n{}", refused.code, refused.stderr);
        }
    }

    fn launch(&mut self) -> Result<(), Refused> {
        let mut command = binary::command_on(self.config.core(), self.folder.path(), &["serve", "--config", "weighbridge.toml"]);
        for (name, value) in self.config.variables() {
            command.env(name, value);
        }
        let log = |name: &str| File::options().create(true).append(true).open(self.folder.path().join(name)).expect("a log file");
        let child = command
            .env("WEIGHBRIDGE_ADMIN_TOKEN", ADMIN_TOKEN)
            .stdin(Stdio::null())
            .stdout(log("stdout.log"))
            .stderr(log("stderr.log"))
            .spawn()
            .expect("the binary starts");
        self.child = Some(child);
        self.wait_until_ready()
    }
    fn wait_until_ready(&mut self) -> Result<(), Refused> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                self.child = None;
                self.checked = false;
                return Err(Refused { code: status.code(), stderr: self.log() });
            }
            if Request::new("GET", "/health/ready").send(self.address).is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            assert!(start.elapsed() < PATIENCE, "the gateway is not ready after {PATIENCE:?}:\n{}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// Where the admin API is.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }
    /// The admin API.
    pub fn admin(&self) -> Admin {
        Admin::new(self.admin_address, ADMIN_TOKEN)
    }
    /// The folder with configuration, logs and `data`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it is running").id()
    }
    /// Everything it has said on stderr so far, with the folder's name replaced by `[folder]`.
    pub fn log(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("stderr.log")).unwrap_or_default();
        text.replace(&self.folder.path().display().to_string(), "[folder]")
    }
    /// Runs a command of the command line against this gateway and returns what it printed; a failure fails the test.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let output = binary::command(self.folder.path(), arguments)
            .env("WEIGHBRIDGE_URL", format!("http://{}", self.admin_address))
            .env("WEIGHBRIDGE_ADMIN_TOKEN", ADMIN_TOKEN)
            .output()
            .expect("the binary runs");
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "weighbridge {} failed with {}:\n{stdout}{stderr}", arguments.join(" "), output.status);
        stdout.into_owned()
    }

    /// `kill -9`: as a power cut would, without the power cut.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it is running");
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
    }
    /// Asks it to stop (SIGTERM) without waiting.
    pub fn ask_to_stop(&self) {
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.pid())]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal was not sent");
    }
    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it is running");
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("its status") {
                return status;
            }
            if start.elapsed() > PATIENCE {
                let _ = child.kill();
                panic!("the gateway has not stopped after {PATIENCE:?}:\n{}", self.log());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
    /// Asks it to stop and waits; it has to end with 0.
    pub fn stop(&mut self) {
        self.ask_to_stop();
        let status = self.wait();
        assert!(status.success(), "the gateway ended with {status}:\n{}", self.log());
    }
    /// Goes over the books of a stopped gateway with `weighbridge ledger verify`; returns what that said.
    pub fn verify_ledger(&self) -> String {
        assert!(self.child.is_none(), "stop it first: the books are open");
        let output = binary::run(self.folder.path(), &["ledger", "verify", "--path", "data"]);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "`ledger verify` ended with {}:\n{said}", output.status);
        assert!(said.contains(" 0 calls in progress"), "a reservation outlived its call:\n{said}");
        said
    }
    /// The checks at the end are left out.
    pub fn unchecked(&mut self) {
        self.checked = false;
    }
}

impl Drop for Weighbridge {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- what the gateway said ---\n{}", self.log());
        } else if self.checked {
            if self.child.is_some() {
                invariants::check(&self.admin());
                self.stop();
            }
            self.verify_ledger();
            invariants::no_secret_in_files(self.folder.path());
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The first gateway compiles the plugins; the others are given what it compiled. The files' names tell what they are of, so old
/// ones do no harm.
mod plugin_cache {
    use std::{
        fs,
        path::{Path, PathBuf},
        process, thread,
    };

    use crate::binary;

    fn kept() -> PathBuf {
        binary::target().join("test-plugin-cache")
    }
    pub(super) fn seed(data: &Path) {
        copy(&kept(), &data.join("plugin-cache"));
    }
    pub(super) fn keep(data: &Path) {
        copy(&data.join("plugin-cache"), &kept());
    }
    /// What is not there yet. A file appears whole or not at all: other tests are reading.
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("the folder is made");
        for entry in fs::read_dir(from).into_iter().flatten().flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "cwasm")) {
            let (whole, part) = (to.join(entry.file_name()), to.join(format!("{}-{:?}.part", process::id(), thread::current().id())));
            if !whole.exists() {
                fs::copy(entry.path(), &part).and_then(|_| fs::rename(&part, &whole)).expect("the file is copied");
            }
        }
    }
}

/// Two ports that were free a moment ago, and that no other test of this process was given.
fn free_ports() -> [SocketAddr; 2] {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    [(); 2].map(|()| {
        loop {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on the loopback");
            let address = listener.local_addr().expect("its address");
            if given.insert(address.port()) {
                return address;
            }
        }
    })
}
