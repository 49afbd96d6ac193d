"""Members' names in what members wrote, masked: no corpus and no export contains a member's name.

The shape of the text stays, so that an address is still seen to be one: ``@ann`` becomes ``@member``.
What carries no mark cannot be found: "Ann is right" stays. E-mail addresses become ``[e-mail]``
everywhere, since an address names a person more surely than a mention does. Code is left alone, or
``@property`` would be somebody.
"""

from __future__ import annotations

import re

__all__ = ["mask_addresses", "mask_mentions", "mask_profile_links", "mask_usernames"]

# Each pattern is linear in the text: it starts only where a word starts, and its repeats are possessive
# or bounded.
_CODE = r"(?P<code>`[^`]*+`)"
_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){0,7}?\.[^\W\d_]{2,24}(?![\w-]|\.\w)"
)
_MENTION = re.compile(_CODE + r"|(?<![\w@/.:])@(?=[^\W_])\w++(?:(?:[.-]|['’](?!s\b))\w++)*+")
_USERNAME = re.compile(r"(?P<slash>/|(?<![\w/-]))(?P<kind>u|user|U|User)/[A-Za-z0-9_-]{2,}+")
_PROFILE = re.compile(r"/users/-?[0-9]++(?:/[\w.%-]++)?+")
_HTML_PROFILE_LINK = re.compile(r"<a\s[^<>]{0,500}?/users/[0-9][^<>]*+>[^<>]{0,200}+</a>", re.IGNORECASE)
_MARKDOWN_PROFILE_LINK = re.compile(r"\[[^\[\]]{1,200}+\]\([^()\s]{0,200}?/users/[0-9][^()\s]*+\)")


def mask_addresses(text: str) -> str:
    """Return ``text`` with every e-mail address as ``[e-mail]``.

    >>> mask_addresses("Write to ann.b@example.org.")
    'Write to [e-mail].'
    """
    return _ADDRESS.sub("[e-mail]", text) if "@" in text else text


def mask_mentions(text: str) -> str:
    """Return ``text`` with ``@name`` as ``@member``, outside of `` `code` ``.

    A name of several words loses its first only, unless the words are written as one, as Stack Exchange
    does in comments.

    >>> mask_mentions("@Zoë's: use `@property`, or ask @O'Neil.")
    "@member's: use `@property`, or ask @member."
    """
    if "@" not in text:
        return text
    return _MENTION.sub(lambda found: found["code"] or "@member", text)


def mask_usernames(text: str) -> str:
    """Return ``text`` with Reddit's ``u/name``, ``/u/name`` and ``/user/name`` as ``u/member`` and the like.

    ``user/name`` without a slash before it is a path or an alternative, not a member.

    >>> mask_usernames("Thanks /u/ann_b, see reddit.com/user/bo-7 on user/admin.")
    'Thanks /u/member, see reddit.com/user/member on user/admin.'
    """
    if "/" not in text:
        return text
    return _USERNAME.sub(_masked_username, text)


def mask_profile_links(text: str, *, html: bool = False) -> str:
    """Return ``text`` with links to profiles of Stack Exchange as ``@member``, and their addresses masked.

    Args:
        text: Markdown, or HTML.
        html: whether it is HTML.

    >>> mask_profile_links("As [Ann](https://x.org/users/12/ann) says, https://x.org/users/12/ann")
    'As @member says, https://x.org/users/member'
    """
    if "/users/" not in text:
        return text
    text = (_HTML_PROFILE_LINK if html else _MARKDOWN_PROFILE_LINK).sub("@member", text)
    return _PROFILE.sub("/users/member", text)


def _masked_username(found: re.Match[str]) -> str:
    if len(found["kind"]) > 1 and not found["slash"]:
        return found[0]
    return f"{found['slash']}{found['kind']}/member"
