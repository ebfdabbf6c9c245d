//! Hands out typed models by address: every protocol's scenarios, and the gallery.

use std::path::PathBuf;

use latchwork::files::scenario::Scenario;
use latchwork_model::async_grant::AsyncGrant;
use latchwork_model::delegation_return::DelegationReturn;
use latchwork_model::downconvert::Downconvert;
use latchwork_model::kit::{Model, Protocol};
use latchwork_model::recall::{Recall, dirlock::DirLock};

use super::gallery;

/// Something to do with a model, whatever its type.
pub trait With {
    /// The result.
    type Answer;

    /// Does it.
    fn with<M: Model>(self, model: M) -> Self::Answer;
}

/// A model at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A scenario file.
    Scenario(PathBuf),
    /// A model of the gallery, by name.
    Gallery(String),
}

/// What the address of a model of the gallery begins with.
const GALLERY: &str = "gallery:";

impl Subject {
    /// Returns the subject at an address: the path of a scenario, or `gallery:NAME`.
    pub fn at(address: &str) -> Self {
        match address.strip_prefix(GALLERY) {
            Some(name) => Self::Gallery(name.to_string()),
            None => Self::Scenario(address.into()),
        }
    }

    /// Returns its address.
    pub fn address(&self) -> String {
        match self {
            Self::Scenario(path) => path.display().to_string(),
            Self::Gallery(name) => format!("{GALLERY}{name}"),
        }
    }

    /// Returns its name in reports: the folder of the protocol, and the file without its ending.
    pub fn name(&self) -> String {
        match self {
            Self::Scenario(path) => {
                let folder = path.parent().and_then(|folder| folder.file_name());
                let parts = [folder, path.file_stem()].into_iter().flatten();
                parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
            }
            Self::Gallery(name) => format!("gallery/{name}"),
        }
    }

    /// Makes the model and hands it to `what`. The error says why there is no model.
    pub fn with<W: With>(&self, what: W) -> Result<W::Answer, String> {
        match self {
            Self::Scenario(path) => {
                let scenario = Scenario::open(path).map_err(|problem| problem.to_string())?;
                with_scenario(&scenario, what)
            }
            Self::Gallery(name) => gallery::find(name, what),
        }
    }
}

/// A protocol is one line here.
fn with_scenario<W: With>(scenario: &Scenario, what: W) -> Result<W::Answer, String> {
    match scenario.configuration.entry.name {
        AsyncGrant::NAME => made::<AsyncGrant, W>(scenario, what),
        Recall::NAME => made::<Recall, W>(scenario, what),
        DirLock::NAME => made::<DirLock, W>(scenario, what),
        Downconvert::NAME => made::<Downconvert, W>(scenario, what),
        DelegationReturn::NAME => made::<DelegationReturn, W>(scenario, what),
        name => Err(format!("the foreign engines have no line for the protocol `{name}`")),
    }
}

fn made<M: Protocol, W: With>(scenario: &Scenario, what: W) -> Result<W::Answer, String> {
    Ok(what.with(M::new(&scenario.configuration.setup())?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use latchwork_model::kit::Model;

    use super::{Subject, With};
    use crate::foreign::defaults;

    struct Size;

    impl With for Size {
        type Answer = usize;

        fn with<M: Model>(self, _model: M) -> usize {
            size_of::<M::State>()
        }
    }

    #[test]
    fn every_default_scenario_and_every_model_of_the_gallery_is_known() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let subjects = defaults(&root).expect("the folders of scenarios");
        assert!(subjects.len() > 100, "only {} subjects", subjects.len());
        for subject in subjects {
            assert!(subject.with(Size).expect("a model") > 0, "{}", subject.name());
            assert_eq!(Subject::at(&subject.address()), subject);
        }
        assert!(Subject::at("gallery:nothing").with(Size).is_err());
    }
}
