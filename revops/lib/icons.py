"""The bars' icons: 20 × 20 line drawings in the text's colour, inlined so that they cost no request."""


def _drawn(path: str) -> str:
    return (
        '<svg class="icon" width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" '
        f'stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{path}</svg>'
    )


ICONS = {
    name: _drawn(path)
    for name, path in {
        "queue": '<path d="M3.5 5h13M3.5 10h13M3.5 15h8"/>',
        "floor": '<circle cx="6" cy="6" r="2.4"/><circle cx="14" cy="6" r="2.4"/><path d="M2 16c.2-3 1.8-4.6 4-4.6s3.8 1.6 4 4.6M11.5 12c.7-.4 1.5-.6 2.5-.6 2.2 0 3.8 1.6 4 4.6"/>',  # noqa: E501
        "approvals": '<path d="M3.5 4h13v12h-13zM6.8 10.2l2.3 2.3 4.3-4.8"/>',
        "leads": '<circle cx="10" cy="6.5" r="3"/><path d="M4 17c.3-3.6 2.6-5.2 6-5.2s5.7 1.6 6 5.2"/>',
        "deals": '<path d="M3 6.5h14V16H3zM7.5 6.5V4h5v2.5"/>',
        "dashboard": '<path d="M4 16.5V10M10 16.5v-13M16 16.5v-9"/>',
        "scoreboard": '<path d="M3 4.5h14v11H3zM10 4.5v11M5.7 8h1.6M5.7 11.5h1.6M12.7 8h1.6M12.7 11.5h1.6"/>',
        "customers": '<path d="M4 16.5v-9l6-4 6 4v9zM8 16.5v-4h4v4M8 8.5h.01M12 8.5h.01"/>',
        "attribution": '<path d="M4 4v12h12M7 12.5l3-4 2.5 2L16 5"/><circle cx="10" cy="8.5" r="1"/>',
        "journey": '<path d="M4 15c3 0 3-4 6-4s3-4 6-4"/><circle cx="4" cy="15" r="1.5"/><circle cx="16" cy="7" r="1.5"/>',  # noqa: E501
        "walls": '<path d="M3 4h14v9H3zM7 16.5h6M10 13v3.5M6 9h2M9 7.5h2M12 10h2"/>',
        "goals": '<circle cx="10" cy="10" r="6.5"/><circle cx="10" cy="10" r="2.5"/>',
        "content": '<path d="M5 3.5h7l3 3v10H5zM12 3.5v3h3M7.5 10h5M7.5 13h5"/>',
        "spend": '<circle cx="10" cy="10" r="6.5"/><path d="M12 7.5c-.5-.7-1.2-1-2-1-1.2 0-2 .6-2 1.6 0 2.4 4.2 1.2 4.2 3.7 0 1-.9 1.7-2.2 1.7-1 0-1.8-.4-2.2-1.2M10 5.2v9.6"/>',  # noqa: E501
        "reviews": '<path d="M3 4h14v9H3zM10 13v3.5M6.5 16.5h7M6.5 8.5l2 2 4-4"/>',
        "definitions": '<path d="M5 3.5h8.5a2 2 0 0 1 2 2v11H7a2 2 0 0 1-2-2zM8 7.5h4.5M8 10.5h4.5"/>',
        "scoring": '<path d="M3 5.5h7M14.5 5.5H17M3 14.5h2.5M10 14.5h7"/><circle cx="12.2" cy="5.5" r="2.2"/><circle cx="7.8" cy="14.5" r="2.2"/>',  # noqa: E501
        "people": '<circle cx="7.5" cy="7" r="2.7"/><path d="M2.5 16c.2-3 2.2-4.5 5-4.5s4.8 1.5 5 4.5M13.5 4.8a2.6 2.6 0 0 1 0 4.6M15 12c1.6.7 2.4 2.1 2.5 4"/>',  # noqa: E501
        "admin": '<path d="M10 3l6 2.3v4.2c0 3.6-2.5 6.3-6 7.5-3.5-1.2-6-3.9-6-7.5V5.3z"/>',
        "policies": '<circle cx="10" cy="10" r="6.8"/><path d="M10 6v4.2l2.8 1.8"/>',
        "territories": '<path d="M3 5.5l4.7-2 4.6 2 4.7-2v11l-4.7 2-4.6-2-4.7 2zM7.7 3.5v11M12.3 5.5v11"/>',
        "routing": '<path d="M4 10h4l5-5.5h3M8 10l5 5.5h3M14 2.5l2.2 2-2.2 2M14 13.5l2.2 2-2.2 2"/>',
        "intake": '<path d="M10 3v8.5M6.5 8.2l3.5 3.4 3.5-3.4M3.5 12.5v4h13v-4"/>',
        "duplicates": '<circle cx="7.5" cy="10" r="4.3"/><circle cx="12.5" cy="10" r="4.3"/>',
        "rights": '<path d="M10 3l6 2.3v4.2c0 3.6-2.5 6.3-6 7.5-3.5-1.2-6-3.9-6-7.5V5.3zM7.4 9.8l2 2 3.4-3.8"/>',
        "notices": '<path d="M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13zM8.5 17.5h3"/>',
        "deliveries": '<path d="M3 10l14-6-5 13-2.5-5.5z"/>',
        "search": '<circle cx="9" cy="9" r="5"/><path d="M13 13l4 4"/>',
        "more": '<path d="M4 10h.01M10 10h.01M16 10h.01" stroke-width="2.6"/>',
    }.items()
}
