"""The open interface: what the pages offer people, offered to programs as JSON under /api/v1/.

The catalogue is public; applying, following a case and handing in files need a key.
Every endpoint says in `routes.route` who may call it and every answer it can give; the description is openapi.json.
"""
