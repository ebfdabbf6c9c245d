//! `latchwork serve`: a live page of a scenario or a case, for a browser on this machine.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use oxhttp::Server;
use oxhttp::model::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use oxhttp::model::{Body, Method, Request, Response};

use crate::cli::budget::Budget;
use crate::cli::switches::Switches;
use crate::cli::told::told;
use crate::cli::{Exit, Failure, print};
use crate::encoding::json::Document;
use crate::files::scenario::Scenario;
use crate::serve::{Reply, Site};

/// Serve a live page on this machine: choose among the enabled steps, see the state, follow a case
#[derive(Args)]
pub struct Serve {
    /// The scenario or case file
    file: PathBuf,
    /// The port of 127.0.0.1 [default: a free one]
    #[arg(long)]
    port: Option<u16>,
    #[command(flatten)]
    switches: Switches,
    #[command(flatten)]
    budget: Budget,
}

/// How long a browser may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many connections at a time: a browser opens some.
const CONNECTIONS: usize = 32;

impl Serve {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let Some(site) = self.site()? else { return Ok(Exit::Diverged) };
        let port = match self.port {
            Some(port) => port,
            None => free_port()?,
        };
        let server = Server::new(move |request| answer(&site, request))
            .bind((Ipv4Addr::LOCALHOST, port))
            .with_global_timeout(PATIENCE)
            .with_max_concurrent_connections(CONNECTIONS)
            .spawn();
        let server = server.map_err(|error| {
            Failure::Usage(format!("cannot listen on 127.0.0.1:{port}: {error}\nhint: --port"))
        })?;
        let mut out = print::stdout();
        writeln!(out, "page:    http://127.0.0.1:{port}/\n(Ctrl-C ends it)")?;
        out.flush()?;
        drop(out);
        server.join()?;
        Ok(Exit::Expected)
    }

    /// What the file is about; nothing if the model takes the case another way.
    fn site(&self) -> Result<Option<Site>, Failure> {
        let name = self.file.display().to_string();
        let no_model = |why: &'static str| Failure::Usage(why.into());
        let document = Document::open(&self.file)?;
        if document.root()?.object()?.optional("steps").is_none() {
            let mut scenario = Scenario::read(&document, String::new())?;
            self.switches.apply(&mut scenario)?;
            return Ok(Some(Site::new(name, scenario.configuration).map_err(no_model)?));
        }
        let Some((case, _)) = told(&self.file, &self.budget)? else { return Ok(None) };
        let mut configuration = case.configuration.clone();
        self.switches.apply_to(&mut configuration)?;
        let site = Site::new(name, configuration).map_err(no_model)?;
        let followed = site.with_case(&case);
        let refused = "under these rules no run begins as the case does".to_string();
        followed.map(Some).ok_or(Failure::Usage(refused))
    }
}

/// A port that nobody uses now.
fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn answer(site: &Site, request: &Request<Body>) -> Response<Body> {
    if request.method() != Method::GET {
        return response(
            405,
            "text/plain; charset=utf-8",
            "The pages are read-only.\n".to_string(),
        );
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let uri = request.uri();
    let Reply { status, page } = site.answer(host, uri.path(), uri.query().unwrap_or(""));
    response(status, "text/html; charset=utf-8", page)
}

fn response(status: u16, kind: &str, text: String) -> Response<Body> {
    let built = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, kind)
        .header(ALLOW, "GET")
        .header(CACHE_CONTROL, "no-store")
        .header(CONTENT_SECURITY_POLICY, "frame-ancestors 'none'")
        .header(REFERRER_POLICY, "no-referrer")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(Body::from(text));
    built.unwrap_or_else(|_| Response::new(Body::empty()))
}
