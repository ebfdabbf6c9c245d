//! A browser that tests can drive: Chromium through `ChromeDriver`, with the WebDriver protocol.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use oxhttp::Client;
use oxhttp::model::{Body, Method, Request};
use serde_json::{Value, json};

/// A key that has no letter, as WebDriver writes it.
pub mod key {
    /// One step on.
    pub const RIGHT: &str = "\u{e014}";
    /// One step back.
    pub const LEFT: &str = "\u{e012}";
    /// To the first step.
    pub const HOME: &str = "\u{e011}";
    /// To the last step.
    pub const END: &str = "\u{e010}";
    /// To none.
    pub const ESCAPE: &str = "\u{e00c}";
}

/// How wide a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// That of a desk.
    Desk,
    /// That of a desk with a common screen.
    Wide,
    /// That of a phone.
    Phone,
}

/// The variable that names a browser in the environment of each of its processes.
const NAME: &str = "LATCHWORK_BROWSER";

/// How long a browser may take to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser with one window. When it is dropped, all its processes end.
pub struct Browser {
    driver: Child,
    client: Client,
    session: String,
    profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser; reports it and returns nothing if this machine has none.
    pub fn open(screen: Screen) -> Option<Self> {
        let profile = tempfile::tempdir().expect("a folder");
        let mut driver = Command::new("chromedriver");
        driver.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        driver.env(NAME, profile.path());
        let Ok(mut driver) = driver.spawn() else {
            println!("skipped: there is no chromedriver here");
            return None;
        };
        let lines = BufReader::new(driver.stdout.take().expect("its words"));
        let port = lines.lines().map_while(Result::ok).find_map(|line| {
            let port =
                line.split("successfully on port ").nth(1)?.trim_end_matches('.').to_string();
            port.parse::<u16>().ok()
        });
        let port = port.expect("the driver says its port");
        let session = format!("http://127.0.0.1:{port}/session");
        let client = Client::new();
        let mut browser = Self { driver, client, session, profile };
        let started = browser.call(Method::POST, "", &browser.wishes(screen));
        let started = match started {
            Ok(started) => started,
            Err(said) if said.to_string().contains("cannot find Chrome binary") => {
                println!("skipped: there is no browser that chromedriver can find");
                return None;
            }
            Err(said) => panic!("the browser does not start: {said}"),
        };
        let id = started["sessionId"].as_str().expect("a session");
        browser.session = format!("{}/{id}", browser.session);
        Some(browser)
    }

    fn wishes(&self, screen: Screen) -> Value {
        let profile = self.profile.path().display();
        let size = if screen == Screen::Wide { "1440,900" } else { "1280,900" };
        let mut options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            format!("--window-size={size}"), "--force-prefers-reduced-motion",
            format!("--user-data-dir={profile}"),
        ]});
        if screen == Screen::Phone {
            let metrics = json!({ "width": 390, "height": 844, "pixelRatio": 1, "mobile": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let logs = json!({ "browser": "ALL", "performance": "ALL" });
        json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": logs,
        }}})
    }

    /// Sends a WebDriver command; returns its answer or its error.
    fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, Value> {
        let bare = matches!(method, Method::GET | Method::DELETE);
        let body = if bare { Body::empty() } else { Body::from(body.to_string()) };
        let uri = format!("{}{path}", self.session);
        let request = Request::builder().method(method).uri(uri).body(body).expect("a request");
        let response = self.client.request(request).map_err(|error| json!(error.to_string()))?;
        let status = response.status();
        let text = response.into_body().to_string().map_err(|error| json!(error.to_string()))?;
        let answer: Value =
            serde_json::from_str(&text).map_err(|error| json!(error.to_string()))?;
        if status.is_success() { Ok(answer["value"].clone()) } else { Err(answer["value"].clone()) }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call(Method::POST, path, body).unwrap_or_else(|said| panic!("{path}: {said}"))
    }

    /// Opens a page and waits until it is there.
    pub fn go(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// What a script of the test returns.
    pub fn eval(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What it returns, as a text.
    pub fn text(&self, script: &str) -> String {
        let value = self.eval(script);
        value.as_str().unwrap_or_else(|| panic!("{script}: {value}")).to_string()
    }

    /// Presses a key, wherever the focus is.
    pub fn press(&self, key: &str) {
        let keys = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        let action = json!({ "type": "key", "id": "keys", "actions": keys });
        self.post("/actions", &json!({ "actions": [action] }));
    }

    /// Clicks on what a selector finds first.
    pub fn click(&self, selector: &str) {
        let found = json!({ "using": "css selector", "value": selector });
        let found = self.post("/element", &found);
        let id = found.as_object().and_then(|found| found.values().next()).expect("an element");
        self.post(&format!("/element/{}/click", id.as_str().expect("an id")), &json!({}));
    }

    /// A command of the browser's own protocol.
    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Sets the preferred colour scheme: dark or light.
    pub fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Makes a script known to all pages that are opened from now on.
    pub fn bring(&self, script: &str) {
        let source = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", &source);
    }

    /// Forbids pages to run scripts. Scripts of a test still run.
    pub fn forbid_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// The errors on the console of the pages so far.
    pub fn errors(&self) -> Vec<String> {
        let severe = |entry: &&Value| entry["level"] == "SEVERE";
        self.log("browser")
            .iter()
            .filter(severe)
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// The requests of the pages so far.
    pub fn requests(&self) -> Vec<String> {
        let url = |entry: &Value| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &event["message"];
            // The page with which a browser begins is its own.
            let own = event["params"]["documentURL"].as_str()?.starts_with("chrome://");
            (event["method"] == "Network.requestWillBeSent" && !own)
                .then(|| event["params"]["request"]["url"].as_str().map(ToString::to_string))?
        };
        self.log("performance").iter().filter_map(url).collect()
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.post("/se/log", &json!({ "type": kind }));
        entries.as_array().expect("entries").clone()
    }

    /// Saves a screenshot of the whole page in the folder that `LATCHWORK_SHOTS` names.
    pub fn shoot(&self, name: &str) {
        let Some(folder) = std::env::var_os("LATCHWORK_SHOTS") else { return };
        let shot = self.devtools(
            "Page.captureScreenshot",
            &json!({ "format": "png", "captureBeyondViewport": true }),
        );
        let bytes = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            shot["data"].as_str().expect("a picture"),
        );
        let file = std::path::Path::new(&folder).join(format!("{name}.png"));
        std::fs::write(file, bytes.expect("base64")).expect("written");
    }

    /// The environment variable that only its processes have.
    pub fn mark(&self) -> String {
        format!("{NAME}={}", self.profile.path().display())
    }
}

/// The processes that have this in their environment.
pub fn processes(mark: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let marked = all.filter(|process| {
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    });
    marked.map(|process| process.file_name().to_string_lossy().into_owned()).collect()
}

impl Drop for Browser {
    /// Ends the browser, then the driver. The driver answers before the browser's processes are
    /// gone, and it is the one that collects them: if it ended first, they would stay.
    fn drop(&mut self) {
        let _ = self.call(Method::DELETE, "", &Value::Null);
        let (begin, mark) = (Instant::now(), self.mark());
        while processes(&mark).len() > 1 && begin.elapsed() < PATIENCE {
            sleep(Duration::from_millis(20));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
