//! `bowline man`: the whole manual as one page, a section for each command.

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::Args;
use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::world::World;

/// Prints it.
pub fn run(world: &mut World<'_>) -> Ended {
    let page =
        page().map_err(|e| Failure::new(Exit::Unexpected, "internal", e.to_string(), "bowline help"))?;
    world.out.raw(String::from_utf8_lossy(&page).trim_end());
    Ok(Exit::Done.status())
}

fn page() -> std::io::Result<Vec<u8>> {
    let mut whole = Args::command();
    whole.build();
    let mut page = Vec::new();
    let main = Man::new(whole.clone());
    main.render_title(&mut page)?;
    main.render_name_section(&mut page)?;
    main.render_synopsis_section(&mut page)?;
    main.render_description_section(&mut page)?;
    main.render_options_section(&mut page)?;
    section(&whole, "bowline", &mut page)?;
    main.render_extra_section(&mut page)?;
    Ok(page)
}

fn section(of: &clap::Command, path: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    for command in of.get_subcommands().filter(|c| c.get_name() != "help") {
        let path = format!("{path} {}", command.get_name());
        page.extend_from_slice(format!(".SH \"{}\"\n", path.to_uppercase()).as_bytes());
        let man = Man::new(command.clone().bin_name(path.clone()));
        for part in
            [Man::render_description_section, Man::render_synopsis_section, Man::render_options_section]
        {
            let mut text = Vec::new();
            part(&man, &mut text)?;
            page.extend(under(&String::from_utf8_lossy(&text)).into_bytes());
        }
        section(command, &path, page)?;
    }
    Ok(())
}

/// A section's own headings go one step down.
fn under(text: &str) -> String {
    text.replace("\n.SH ", "\n.SS ").replacen(".SH ", ".SS ", usize::from(text.starts_with(".SH ")))
}
