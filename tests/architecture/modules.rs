//! The modules of a crate, their imports, and the file that defines what a path names.

use std::collections::{BTreeMap, BTreeSet};

use crate::tokens::{Token, of_library};

/// A path from the root of the crate: `["cloud", "nova", "view"]`.
pub(crate) type Path = Vec<String>;

/// One file of a crate.
#[derive(Debug, Default)]
struct Module {
    children: BTreeSet<String>,
    uses: Vec<Use>,
    /// Paths of two or more names outside of `use`.
    paths: Vec<Path>,
    /// Names outside of `use`, each for itself.
    words: BTreeSet<String>,
}

/// One name that a `use` brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    path: Path,
    /// `*` for everything.
    name: String,
    is_public: bool,
}

/// The files of a crate by their modules.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    modules: BTreeMap<Path, Module>,
}

impl Crate {
    /// From texts by their paths below `src`, such as `cloud/nova.rs`.
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files.into_iter();
        let modules: BTreeMap<_, _> = files
            .map(|(file, text)| (module_of(file), Module::parse(&of_library(text))))
            .collect();
        let mut all = Self { modules };
        let declared: BTreeSet<Path> = all.declared(&Path::new()).into_iter().collect();
        // Files that only tests declare are not part of the library.
        all.modules.retain(|path, _| declared.contains(path));
        all
    }

    fn declared(&self, path: &Path) -> Vec<Path> {
        let mut all = vec![path.clone()];
        for child in self.modules.get(path).iter().flat_map(|m| &m.children) {
            all.extend(self.declared(&joined(path, std::slice::from_ref(child))));
        }
        all
    }

    /// Each file, with the files that define what it uses. What it only exports again is not used.
    pub(crate) fn imports(&self) -> BTreeMap<Path, BTreeSet<Path>> {
        self.modules
            .keys()
            .map(|path| (path.clone(), self.of(path)))
            .collect()
    }

    fn of(&self, path: &Path) -> BTreeSet<Path> {
        let Some(module) = self.modules.get(path) else {
            return BTreeSet::new();
        };
        let used = module
            .uses
            .iter()
            .filter(|one| !one.is_public || module.words.contains(&one.name));
        let imported = used.map(|one| one.path.as_slice());
        let mut all = BTreeSet::new();
        for named in imported.chain(module.paths.iter().map(Vec::as_slice)) {
            let target = self
                .absolute(path, named)
                .and_then(|named| self.definer(&named, 0));
            // The use of a module by its name is seen where something of it is named.
            if let Some((target, is_item)) = target
                && is_item
                && target != *path
            {
                all.insert(target);
            }
        }
        all
    }

    /// From the root of the crate; none if the path leads into another crate or to nothing.
    fn absolute(&self, from: &Path, named: &[String]) -> Option<Path> {
        let (first, rest) = named.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some(joined(from, rest)),
            "super" if rest.first().is_some_and(|next| next == "super") => {
                self.absolute(&parent(from)?, rest)
            }
            "super" => Some(joined(&parent(from)?, rest)),
            name => {
                let module = self.modules.get(from)?;
                if module.children.contains(name) {
                    return Some(joined(from, named));
                }
                // Another crate may have the name of what it brings in.
                let is_import = |one: &&Use| one.name == name && one.path[0] != name;
                let used = module.uses.iter().find(is_import)?;
                self.absolute(from, &joined(&used.path, rest))
            }
        }
    }

    /// The file that defines what is named, through all that is exported again; and whether that is
    /// something in a file, and not the module itself.
    fn definer(&self, named: &[String], depth: usize) -> Option<(Path, bool)> {
        let mut at = Path::new();
        for (index, name) in named.iter().enumerate() {
            let module = self.modules.get(&at)?;
            if module.children.contains(name) {
                at.push(name.clone());
                continue;
            }
            let rest = &named[index + 1..];
            let used = module.uses.iter().find(|one| one.name == *name);
            if let Some(used) = used
                && depth < 9
            {
                let path = self.absolute(&at, &joined(&used.path, rest))?;
                return self.definer(&path, depth + 1);
            }
            return Some((at, true));
        }
        Some((at, false))
    }
}

impl Module {
    fn parse(tokens: &[Token]) -> Self {
        let mut module = Self::default();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token.as_str() {
                "mod" if tokens.get(at + 2).is_some_and(|end| end == ";") => {
                    module.children.insert(tokens[at + 1].clone());
                    at += 3;
                }
                // Not `impl Trait + use<'a>`.
                "use" if tokens.get(at + 1).is_some_and(|next| next != "<") => {
                    let end = at
                        + tokens[at..]
                            .iter()
                            .take_while(|token| *token != ";")
                            .count();
                    let is_public = is_public(&tokens[..at]);
                    flattened(
                        &Path::new(),
                        &tokens[at + 1..end],
                        is_public,
                        &mut module.uses,
                    );
                    at = end;
                }
                _ if is_name(token) => {
                    let path = path_at(&tokens[at..]);
                    at += 2 * path.len() - 1;
                    // A method's or a field's name is not a path.
                    match path.as_slice() {
                        [word] => drop(module.words.insert(word.clone())),
                        _ => {
                            module.words.insert(path[0].clone());
                            module.paths.push(path);
                        }
                    }
                }
                _ => at += 1,
            }
        }
        module
    }
}

fn is_public(before: &[Token]) -> bool {
    match before {
        [.., last] if last == "pub" => true,
        [.., last] if last == ")" => {
            let open = before.iter().rposition(|token| token == "(");
            open.and_then(|open| before.get(open.checked_sub(1)?))
                .is_some_and(|it| it == "pub")
        }
        _ => false,
    }
}

/// Adds the names of one tree of a `use`; answers what is behind it.
fn flattened<'a>(
    prefix: &Path,
    mut tree: &'a [Token],
    is_public: bool,
    all: &mut Vec<Use>,
) -> &'a [Token] {
    let mut path = prefix.clone();
    loop {
        match tree {
            [open, rest @ ..] if open == "{" => {
                tree = rest;
                while let [first, rest @ ..] = tree {
                    tree = match first.as_str() {
                        "}" => return rest,
                        "," => rest,
                        _ => flattened(&path, tree, is_public, all),
                    };
                }
                return tree;
            }
            [separator, rest @ ..] if separator == "::" => tree = rest,
            [name, rest @ ..] if is_name(name) || name == "*" => {
                path.push(name.clone());
                tree = rest;
                if tree.first().is_none_or(|next| next != "::") {
                    break;
                }
            }
            _ => break,
        }
    }
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if let [word, alias, rest @ ..] = tree
        && word == "as"
    {
        name.clone_from(alias);
        tree = rest;
    }
    all.push(Use {
        path,
        name,
        is_public,
    });
    tree
}

fn path_at(tokens: &[Token]) -> Path {
    let mut path = vec![tokens[0].clone()];
    let mut rest = &tokens[1..];
    while let [separator, name, behind @ ..] = rest {
        if separator != "::" || !is_name(name) {
            break;
        }
        path.push(name.clone());
        rest = behind;
    }
    path
}

fn is_name(token: &str) -> bool {
    token.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
}

fn module_of(file: &str) -> Path {
    let file = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let names = file.split('/').filter(|name| *name != "lib");
    names.map(str::to_owned).collect()
}

fn parent(path: &Path) -> Option<Path> {
    let (_, parent) = path.split_last()?;
    Some(parent.to_vec())
}

fn joined(path: &[String], rest: &[String]) -> Path {
    [path, rest].concat()
}
