//! Definitions of clusters: what is taken, and what is said of what is not.
#![cfg(test)]

use cmrp_cluster::definition::{DEFAULT, Definition, Health, NodeHealth};

const SMALL: &str = "[cluster]\nname = 'LAB'\n[[nodes]]\nname = 'node1'\n";

fn problems(rest: &str) -> Vec<String> {
    let text = format!("{SMALL}{rest}");
    let told = Definition::from_toml(&text).expect_err(rest);
    told.iter().map(ToString::to_string).collect()
}

#[test]
fn the_smallest_definition() {
    let lab = Definition::from_text(SMALL).unwrap();
    assert_eq!(lab.cluster.name, "LAB");
    assert_eq!(lab.nodes[0].state, NodeHealth::Up);
    assert!(lab.groups.is_empty());
}

#[test]
fn the_default_is_one_and_reads_the_same_in_json() {
    let default = Definition::from_text(DEFAULT).unwrap();
    let json = serde_json::to_string_pretty(&default).unwrap();
    assert_eq!(Definition::from_text(&json).unwrap(), default);
    assert_eq!(Definition::from_toml(&toml::to_string(&default).unwrap()).unwrap(), default);
    let disk =
        default.groups.iter().flat_map(|group| &group.resources).find(|one| one.name == "Cluster Disk 4");
    assert_eq!(disk.unwrap().state, Health::Offline);
}

#[test]
fn the_default_has_what_real_clients_look_for() {
    let default = Definition::from_text(DEFAULT).unwrap();
    let resources: Vec<_> = default.groups.iter().flat_map(|group| &group.resources).collect();
    assert!(default.nodes.iter().any(|node| node.name == "node1"));
    for name in ["Cluster Name", "Network Name"] {
        assert!(resources.iter().any(|resource| resource.name == name), "{name}");
    }
    assert!(default.groups.iter().any(|group| group.name == "Cluster Group"));
    assert!(default.group_sets.iter().any(|set| set.name == "Cluster Group"));
    assert!(default.networks.iter().any(|network| network.name == "Cluster Network 1"));
    assert!(default.interfaces.iter().any(|interface| interface.full_name() == "node1 - Ethernet"));
}

#[test]
fn mistakes_in_form_have_a_place_and_advice() {
    for (text, told) in [
        ("[cluster]\nnmae = 'LAB'\n", "line 2, column 1: unknown field `nmae`, expected one of"),
        ("[cluster]\nname = 7\n", "line 2, column 8: invalid type: integer `7`, expected a string"),
        ("[cluster\n", "line 1, column 9: "),
        (
            "[cluster]\nname = 'LAB'\n[[nodes]]\nname = 'n'\nstate = 'upp'\n",
            "line 5, column 9: unknown variant `upp`",
        ),
        (
            "[cluster]\nname = 'LAB'\n[[nodes]]\nname = 'n'\n[timings]\nonline = '1d'\n",
            "line 6, column 10: `1d` is no",
        ),
        ("[cluster]\nname = 'LAB'\nnodes = []\n", "line 3, column 1: unknown field `nodes`"),
        ("{\"cluster\":\n {\"nmae\": \"LAB\"}}", "line 2, column 8: unknown field `nmae`"),
        ("{\"cluster\":", "line 1, column 11: EOF while parsing a value"),
        ("[[nodes]]\nname = 'n'\n", "missing field `cluster`"),
        ("", "missing field `cluster`"),
    ] {
        let problems = Definition::from_text(text).expect_err(text).to_string();
        assert!(problems.contains(told), "{text}\n{problems}");
    }
    let typo = Definition::from_text("[cluster]\nnmae = 'LAB'\n").unwrap_err();
    assert_eq!(typo.iter().next().unwrap().help.as_deref(), Some("did you mean `name`?"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let told = problems(concat!(
        "[[groups]]\nname = 'G'\nowner = 'node3'\npreferred_owners = ['node1', 'x']\n",
        "[[groups.resources]]\nname = 'A'\ntype = 'Generic Servise'\ndepends_on = ['C']\n",
        "[[groups]]\nname = 'g'\n",
    ));
    assert_eq!(
        told,
        [
            "line 7, column 9: there is no node \"node3\" (did you mean \"node1\"?)",
            "line 8, column 30: there is no node \"x\"",
            "line 11, column 8: there is no resource type \"Generic Servise\" (did you mean \"Generic Service\"?)",
            "line 12, column 15: there is no resource in the group \"G\" called \"C\" (did you mean \"A\"?)",
            "line 14, column 8: there is a group called \"G\" already; case makes no difference",
        ]
    );
}

#[test]
fn each_rule_is_checked() {
    for (rest, told) in [
        ("[[nodes]]\nname = 'NODE1'\n", "line 6, column 8: there is a node called \"node1\" already"),
        ("[[nodes]]\nname = ''\n", "line 6, column 8: a name cannot be empty"),
        ("[[nodes]]\nname = \"a\\u0000\"\n", "line 6, column 8: a name cannot have control"),
        ("[[nodes]]\nname = 'n2'\nid = 0\n", "line 7, column 6: nodes are numbered from 1"),
        ("[[nodes]]\nname='a'\nid=2\n[[nodes]]\nname='b'\nid=2\n", "node \"a\" has this id already"),
        ("[[interfaces]]\nnode = 'node1'\nnetwork = 'N'\n", "line 7, column 11: there is no network \"N\""),
        ("[[interfaces]]\nnode = 'n'\nnetwork = 'N'\n[[networks]]\nname = 'n'\n", "there is no node \"n\""),
        (
            "[[networks]]\nname='N'\n[[interfaces]]\nnode='node1'\nnetwork='N'\n[[interfaces]]\nnode='node1'\nnetwork='N'\n",
            "there is a interface called \"node1 - Ethernet\" already",
        ),
        ("[[networks]]\nname='N'\naddress='10.0.0'\n", "line 7, column 9: an IP address is expected"),
        ("[[networks]]\nname='N'\nmask='255'\n", "line 7, column 6: an address mask"),
        ("[[groups]]\nname='G'\nid='7'\n", "line 7, column 4: \"7\" is no UUID"),
        (
            "[[groups]]\nname='G'\nid='01234567-89ab-cdef-0123-456789abcdef'\n[[networks]]\nname='N'\nid='{01234567-89AB-cdef-0123-456789abcdef}'\n",
            "has this id already",
        ),
        ("[[groups]]\nname='G'\nprivate_properties={ A = 1, a = 2 }\n", "there is a property \"A\" already"),
        ("[[groups]]\nname='G'\nprivate_properties={ '' = 1 }\n", "a property must have a name"),
        (
            "[[groups]]\nname='G'\nproperties={ Priorty = 1 }\n",
            "line 7, column 14: there is no common property \"Priorty\" (did you mean \"Priority\"?)",
        ),
        (
            "[[groups]]\nname='G'\nproperties={ Color = 1 }\n",
            "\"Color\" (other properties are private_properties)",
        ),
        ("[[groups]]\nname='G'\nproperties={ priority = 'high' }\n", "the property \"Priority\" is a number"),
        ("[cluster.properties]\nDescription = 7\n", "the property \"Description\" is a string"),
        ("[[nodes]]\nname='n2'\nstate='down'\n[[groups]]\nname='G'\nowner='n2'\n", "node \"n2\" is down"),
        ("[[group_sets]]\nname='S'\ngroups=['G']\n", "line 7, column 9: there is no group \"G\""),
        (
            "[[groups]]\nname='G'\n[[group_sets]]\nname='S'\ngroups=['G', 'g']\n",
            "\"g\" is in the group set \"S\" already",
        ),
        ("[[group_sets]]\nname='S'\ndepends_on=['s']\n", "these depend on each other: S -> S"),
        ("[quorum]\nresource='Disk'\n", "line 6, column 10: there is no resource \"Disk\""),
        ("[[registry]]\nkey='a\\\\b\\'\n", "line 6, column 5: a path has no backslash"),
        (
            "[[registry]]\nkey='a'\n[[registry]]\nkey='A'\n",
            "line 8, column 5: the key \"a\" is there already",
        ),
        ("[[registry]]\nkey='a'\nvalues={ X = 1, x = 1 }\n", "there is a value \"X\" already"),
        (
            "[[groups]]\nname='G'\n[[groups.resources]]\nname='R'\ntype='File Server'\npossible_owners=['n2']\n",
            "there is no node \"n2\"",
        ),
    ] {
        let problems = problems(rest);
        assert!(problems.iter().any(|problem| problem.contains(told)), "{rest}\n{problems:#?}");
    }
}

fn resources(lines: &[(&str, &str, &str)]) -> String {
    let resource = |(name, needs, state): &(&str, &str, &str)| {
        format!(
            "[[groups.resources]]\nname='{name}'\ntype='Generic Service'\ndepends_on=[{needs}]\nstate='{state}'\n"
        )
    };
    format!("[[groups]]\nname='G'\n{}", lines.iter().map(resource).collect::<String>())
}

#[test]
fn dependencies_must_have_an_order() {
    let cycle = problems(&resources(&[
        ("A", "", "online"),
        ("B", "'C','A'", "online"),
        ("C", "'D'", "online"),
        ("D", "'b'", "online"),
    ]));
    assert_eq!(cycle, ["line 15, column 12: these depend on each other: B -> C -> D -> B"]);
    let needs_offline = problems(&resources(&[("A", "", "offline"), ("B", "'A'", "online")]));
    assert_eq!(needs_offline, ["line 15, column 13: \"B\" cannot be online while \"A\" is not"]);
}

#[test]
fn dependencies_are_nested_a_hundred_deep_and_no_deeper() {
    let chain = |length: usize| {
        let names: Vec<String> = (0..length).map(|number| format!("r{number}")).collect();
        let needs: Vec<String> = (0..length)
            .map(|number| number.checked_sub(1).map_or(String::new(), |before| format!("'r{before}'")))
            .collect();
        let lines: Vec<_> =
            names.iter().zip(&needs).map(|(name, needs)| (name.as_str(), needs.as_str(), "online")).collect();
        resources(&lines)
    };
    assert!(Definition::from_toml(&format!("{SMALL}{}", chain(100))).is_ok());
    let told = problems(&chain(101));
    assert!(told[0].contains("nested deeper than 100"), "{told:?}");
}

#[test]
fn a_cluster_whose_nodes_are_all_down_serves_nobody() {
    let told =
        Definition::from_text("[cluster]\nname='LAB'\n[[nodes]]\nname='node1'\nstate='down'\n").unwrap_err();
    assert_eq!(told.to_string(), "line 3, column 1: at least one node must be up");
}

#[test]
fn computer_names_are_63_characters_at_most() {
    let named =
        |name: &str| Definition::from_text(&format!("[cluster]\nname='{name}'\n[[nodes]]\nname='n'\n"));
    assert!(named(&"x".repeat(63)).is_ok());
    assert!(named(&"x".repeat(64)).unwrap_err().to_string().contains("longer than 63"));
    // A pair of surrogates each.
    assert!(named(&"𝄞".repeat(32)).unwrap_err().to_string().contains("longer than 63"));
}
