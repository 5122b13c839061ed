"""What endpoints of /api/v1 share and no app owns: problem details, strict fields, pages, ETags, the OpenAPI document.

secrets_admin/api_view.py builds on it; docs/decisions/0012 says how an endpoint is added.
"""
