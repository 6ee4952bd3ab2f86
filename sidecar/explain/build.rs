//! `knowledge.json` as it lies in the binary: without its examples, as postcard. What is wrong with the file ends the build.

use std::{env, error::Error, fs, path::Path};

#[allow(dead_code, unreachable_pub, reason = "the build needs the shapes alone")]
#[path = "src/known.rs"]
mod known;

const KNOWLEDGE: &str = "src/knowledge.json";

fn main() -> Result<(), Box<dyn Error>> {
    for file in [KNOWLEDGE, "src/known.rs"] {
        println!("cargo::rerun-if-changed={file}");
    }
    // Its texts are borrowed by what is read of it.
    let text: &'static str = fs::read_to_string(KNOWLEDGE)?.leak();
    let known: Vec<known::Known> = serde_json::from_str(text)?;
    let target = Path::new(&env::var("OUT_DIR")?).join("knowledge.postcard");
    fs::write(target, postcard::to_allocvec(&known)?)?;
    Ok(())
}
