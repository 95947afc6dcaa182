"""The form as HTML: for its own page, for the preview, and to be copied into somebody's page."""

from collections.abc import Mapping

from django.utils.html import format_html, format_html_join, mark_safe
from django.utils.safestring import SafeString

from leads.webforms.fields import Asked
from leads.webforms.known import Agreed, Shown
from leads.webforms.reading import UTM
from leads.webforms.taking import TRAP

INPUTS = {"email": "email", "tel": "tel", "number": "text", "date": "date", "text": "text", "list": "text"}
OUT_OF_SIGHT = mark_safe(' style="position:absolute;left:-10000px"')
NOTHING = mark_safe("")


def plain(form: Shown, address: str) -> str:
    """To paste into a page: works without scripts, and better with the one named in its last line."""
    hidden = format_html_join(
        "\n", '<input type="hidden" name="{}" value="">', [(name,) for name in (*UTM, "page_url", "referrer")]
    )
    return str(
        format_html(
            '<form action="{}" method="post" accept-charset="utf-8" data-revops-form="{}">\n{}\n{}\n'
            '<p><button>{}</button></p>\n</form>\n<script src="{}form.js" async></script>',
            address, form.key, inside(form, style=OUT_OF_SIGHT), hidden, form.button, address,
        )
    )  # fmt: skip


def inside(
    form: Shown,
    *,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    style: SafeString = NOTHING,
    prefix: str = "f",
) -> SafeString:
    """The fields, the words to agree to and the box that only machines see. `style`: hides that box where our sheet is
    not. `prefix`: of the ids, so that two forms may stand on one page."""
    said, wrong = values or {}, errors or {}
    lines = [_field(one, said.get(one.name, ""), wrong.get(one.name, ""), prefix) for one in form.fields]
    lines += [_agreed(one, said.get(one.name, ""), wrong.get(one.name, ""), prefix) for one in form.consents]
    lines.append(
        format_html(
            '<p class="revops-trap" aria-hidden="true"{}><label>Leave this empty '
            '<input type="text" name="{}" tabindex="-1" autocomplete="off"></label></p>',
            style, TRAP,
        )
    )  # fmt: skip
    return format_html_join("\n", "{}", ((line,) for line in lines))


def _field(asked: Asked, value: str, wrong: str, prefix: str) -> SafeString:
    ident = f"{prefix}-{asked.name.replace('.', '-')}"
    said = format_html(' aria-invalid="true" aria-describedby="{}-wrong"', ident) if wrong else NOTHING
    needed = mark_safe(" required") if asked.required else NOTHING
    told = _wrong(ident, wrong)
    if asked.kind == "yes_no":
        ticked = mark_safe(" checked") if value else NOTHING
        return format_html(
            '<p class="revops-tick"><input type="checkbox" id="{0}" name="{1}" value="yes"{2}{3}{4}>'
            ' <label for="{0}">{5}</label>{6}</p>',
            ident, asked.name, needed, ticked, said, asked.label, told,
        )  # fmt: skip
    optional = NOTHING if asked.required else mark_safe(" <small>optional</small>")
    return format_html(
        '<p><label for="{}">{}{}</label> {}{}</p>',
        ident, asked.label, optional, _control(asked, ident, value, needed + said), told,
    )  # fmt: skip


def _control(asked: Asked, ident: str, value: str, more: SafeString) -> SafeString:
    if asked.options and asked.kind in ("choice", "number", "text"):
        options = format_html_join(
            "",
            "<option{}>{}</option>",
            [(mark_safe(" selected") if one == value else "", one) for one in asked.options],
        )
        return format_html(
            '<select id="{}" name="{}"{}><option value=""></option>{}</select>', ident, asked.name, more, options
        )
    if asked.kind == "long":
        return format_html(
            '<textarea id="{}" name="{}" rows="4" maxlength="{}"{}>{}</textarea>',
            ident, asked.name, asked.longest, more, value,
        )  # fmt: skip
    return format_html(
        '<input type="{}" id="{}" name="{}" value="{}" maxlength="{}" autocomplete="{}"{}>',
        INPUTS.get(asked.kind, "text"), ident, asked.name, value, asked.longest, asked.autocomplete, more,
    )  # fmt: skip


def _agreed(one: Agreed, value: str, wrong: str, prefix: str) -> SafeString:
    ident = f"{prefix}-{one.name}"
    return format_html(
        '<p class="revops-tick"><input type="checkbox" id="{0}" name="{1}" value="yes"{2}{3}{4}> <label for="{0}">{5}'
        "</label>{6}</p>",
        ident, one.name, mark_safe(" required") if one.required else "", mark_safe(" checked") if value else "",
        format_html(' aria-invalid="true" aria-describedby="{}-wrong"', ident) if wrong else "", one.text,
        _wrong(ident, wrong),
    )  # fmt: skip


def _wrong(ident: str, wrong: str) -> SafeString:
    return format_html(' <strong class="revops-wrong" id="{}-wrong">{}</strong>', ident, wrong) if wrong else NOTHING
