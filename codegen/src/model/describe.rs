//! A model in words: IDL text in one canonical spelling, to compare texts of one interface and for people.

use super::{
    Attributes, BaseType, BinaryOp, Bound, Definition, DefinitionKind, Direction, Enum, Expr, Field,
    Interface, Model, Operation, Param, PointerKind, Struct, Type, UnaryOp, Union,
};

impl Model {
    /// One line for each operation of an interface: opnum, name, result, parameters, with tabs between them.
    ///
    /// Types have their IDL names, attributes one order and one spelling, constants their values, so that two texts
    /// that mean the same give the same lines. `const` has no meaning on the wire and is left out.
    pub fn describe(&self, interface: &Interface) -> String {
        let lines = interface.operations.iter().map(|operation| {
            let params: Vec<String> = operation.params.iter().map(|param| self.param(param)).collect();
            let returns = self.type_text(&operation.returns);
            format!("{}\t{}\t{returns}\t{}\n", operation.opnum, operation.name, params.join(", "))
        });
        lines.collect()
    }

    /// A definition on one line: `struct NAME { ... }` and the like.
    pub fn describe_definition(&self, definition: &Definition) -> String {
        let name = &definition.name;
        match &definition.kind {
            DefinitionKind::Alias { attributes, ty } => {
                format!("typedef {};", self.declaration(attributes, None, ty, name))
            }
            DefinitionKind::ContextHandle => format!("typedef [context_handle] void *{name};"),
            DefinitionKind::Struct(structure) => format!("struct {name} {{{} }}", self.fields(structure)),
            DefinitionKind::Union(union) => self.union(name, union),
            DefinitionKind::Enum(enumeration) => enum_text(name, enumeration),
        }
    }

    /// The IDL signature of an operation, one parameter a line.
    pub fn signature(&self, operation: &Operation) -> String {
        let head = self.declaration(&operation.attributes, None, &operation.returns, &operation.name);
        if operation.params.is_empty() {
            return format!("{head}(void);");
        }
        let params: Vec<String> =
            operation.params.iter().map(|param| format!("    {}", self.param(param))).collect();
        format!("{head}(\n{}\n);", params.join(",\n"))
    }

    /// A declaration as IDL spells it: attributes, type and name.
    pub fn declaration(
        &self,
        attributes: &Attributes,
        direction: Option<Direction>,
        ty: &Type,
        name: &str,
    ) -> String {
        let list = attribute_list(attributes, direction);
        let declared = self.declared(ty, name);
        if list.is_empty() { declared } else { format!("[{}] {declared}", list.join(", ")) }
    }

    /// The type's IDL text, without a name.
    pub fn type_text(&self, ty: &Type) -> String {
        self.declared(ty, "").trim_end().to_owned()
    }

    fn param(&self, param: &Param) -> String {
        self.declaration(&param.attributes, Some(param.direction), &param.ty, &param.name)
    }

    /// C's declarations grow around the name, from the outermost layer of the type inwards.
    fn declared(&self, ty: &Type, name: &str) -> String {
        let mut declarator = name.to_owned();
        let mut at = ty;
        loop {
            match at {
                Type::Pointer(target) => {
                    declarator.insert(0, '*');
                    at = target;
                }
                Type::Array(array) => {
                    if declarator.starts_with('*') {
                        declarator = format!("({declarator})");
                    }
                    declarator.push_str(&bound_text(array.bound));
                    at = &array.element;
                }
                _ => break,
            }
        }
        format!("{} {declarator}", self.specifier(at)).trim_end().to_owned()
    }

    fn specifier(&self, ty: &Type) -> String {
        match ty {
            Type::Base(base) => base.idl_name().to_owned(),
            Type::Named(id) => self.definition(*id).name.clone(),
            Type::SafeArray(element) => format!("SAFEARRAY({})", self.type_text(element)),
            Type::Pipe(element) => format!("pipe {}", self.type_text(element)),
            Type::Void | Type::Pointer(_) | Type::Array(_) => "void".to_owned(),
        }
    }

    fn fields(&self, structure: &Struct) -> String {
        let fields: Vec<String> = structure.fields.iter().map(|field| self.field(field)).collect();
        fields.iter().flat_map(|field| [" ", field, ";"]).collect()
    }

    fn field(&self, field: &Field) -> String {
        self.declaration(&field.attributes, None, &field.ty, &field.name)
    }

    fn union(&self, name: &str, union: &Union) -> String {
        let head = match (&union.encapsulated, &union.switch_type) {
            (Some(switch), _) => {
                let tag = self.declared(&switch.tag_type, &switch.tag);
                format!("union switch ({tag}) {} {name}", switch.name)
            }
            (None, Some(ty)) => format!("[switch_type({})] union {name}", self.type_text(ty)),
            (None, None) => format!("union {name}"),
        };
        let arms = union.arms.iter().map(|arm| {
            let cases: Vec<String> = arm.cases.iter().map(ToString::to_string).collect();
            let default = if arm.is_default { "[default] " } else { "" };
            let field = arm.field.as_ref().map(|field| self.field(field)).unwrap_or_default();
            format!(" [case({})] {default}{field};", cases.join(", "))
        });
        format!("{head} {{{} }}", arms.collect::<String>())
    }
}

fn enum_text(name: &str, enumeration: &Enum) -> String {
    let values = enumeration.values.iter().map(|item| format!(" {} = {},", item.name, item.value));
    let attribute = if enumeration.v1_enum { "[v1_enum] " } else { "" };
    format!("{attribute}enum {name} {{{} }}", values.collect::<String>())
}

fn bound_text(bound: Bound) -> String {
    match bound {
        Bound::Fixed(length) => format!("[{length}]"),
        Bound::Conformant => "[]".to_owned(),
    }
}

/// Attributes in the one order that all descriptions have.
fn attribute_list(attributes: &Attributes, direction: Option<Direction>) -> Vec<String> {
    let mut list = Vec::new();
    let mut flag = |is_set: bool, name: &str| list.extend(is_set.then(|| name.to_owned()));
    flag(direction.is_some_and(|direction| direction.input), "in");
    flag(direction.is_some_and(|direction| direction.output), "out");
    flag(attributes.context_handle, "context_handle");
    flag(attributes.pointer == Some(PointerKind::Ref), "ref");
    flag(attributes.pointer == Some(PointerKind::Unique), "unique");
    flag(attributes.pointer == Some(PointerKind::Full), "ptr");
    flag(attributes.string, "string");
    flag(attributes.ms_union, "ms_union");
    flag(attributes.disable_consistency_check, "disable_consistency_check");
    list.extend(levels("size_is", &attributes.size_is));
    list.extend(levels("first_is", &attributes.first_is));
    list.extend(levels("length_is", &attributes.length_is));
    list.extend(attributes.range.map(|range| format!("range({}, {})", range.low, range.high)));
    list.extend(attributes.switch_is.as_ref().map(|value| format!("switch_is({value})")));
    list.extend(attributes.others.iter().cloned());
    list
}

fn levels(name: &str, levels: &[Option<Expr>]) -> Option<String> {
    if levels.is_empty() {
        return None;
    }
    let texts: Vec<String> =
        levels.iter().map(|level| level.as_ref().map(ToString::to_string).unwrap_or_default()).collect();
    Some(format!("{name}({})", texts.join(", ")))
}

impl std::fmt::Display for Expr {
    /// As C spells it, with parentheses around all that is not a single name or number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expr::Integer(value) => write!(f, "{value}"),
            Expr::Name(name) => f.write_str(name),
            Expr::Deref(inner) => write!(f, "*{inner}"),
            Expr::Unary(operator, operand) => write!(f, "{}{}", operator.symbol(), Grouped(operand)),
            Expr::Binary(operator, left, right) => {
                write!(f, "{} {} {}", Grouped(left), operator.symbol(), Grouped(right))
            }
            Expr::Conditional(condition, then, otherwise) => {
                write!(f, "{} ? {} : {}", Grouped(condition), Grouped(then), Grouped(otherwise))
            }
        }
    }
}

/// An operand, in parentheses unless it is as tight as a name.
struct Grouped<'e>(&'e Expr);

impl std::fmt::Display for Grouped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Expr::Binary(..) | Expr::Conditional(..) => write!(f, "({})", self.0),
            simple => write!(f, "{simple}"),
        }
    }
}

impl UnaryOp {
    /// The operator's text.
    pub fn symbol(self) -> &'static str {
        match self {
            UnaryOp::Negate => "-",
            UnaryOp::Complement => "~",
            UnaryOp::Not => "!",
        }
    }
}

impl BinaryOp {
    /// The operator's text.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Remainder => "%",
            BinaryOp::ShiftLeft => "<<",
            BinaryOp::ShiftRight => ">>",
            BinaryOp::And => "&",
            BinaryOp::Or => "|",
            BinaryOp::Xor => "^",
            BinaryOp::LogicalAnd => "&&",
            BinaryOp::LogicalOr => "||",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessOrEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterOrEqual => ">=",
        }
    }
}

impl BaseType {
    /// The keyword, in the spelling that descriptions use.
    pub fn idl_name(self) -> &'static str {
        match self {
            BaseType::Boolean => "boolean",
            BaseType::Char => "unsigned char",
            BaseType::Byte => "byte",
            BaseType::WChar => "wchar_t",
            BaseType::I8 => "small",
            BaseType::U8 => "unsigned small",
            BaseType::I16 => "short",
            BaseType::U16 => "unsigned short",
            BaseType::I32 => "long",
            BaseType::U32 => "unsigned long",
            BaseType::I64 => "hyper",
            BaseType::U64 => "unsigned hyper",
            BaseType::I3264 => "__int3264",
            BaseType::U3264 => "unsigned __int3264",
            BaseType::F32 => "float",
            BaseType::F64 => "double",
            BaseType::ErrorStatus => "error_status_t",
            BaseType::Handle => "handle_t",
        }
    }
}
