"""The ids that the documents write."""

import uuid

ORGANIZATION_ID, DASHBOARD_ID = 17, 42
WORKSPACE_ID = "ws_7f3k2m9q"
EMBED_ID = uuid.UUID("6f0a3a60-5c1e-4c55-9d0f-2f6d3c1f8a11")
KEY_IDS = {
    "explo_jwe": "es_9f27c1ab4h7n",
    "chartio_jwt": "es_c3k8w2qzm5tr",
    "papermap_hmac": "es_p6v4x9bdj2ye",
    "viasocket_jwt": "es_s7h5n3gfa8uk",
    "metabase_jwt": "es_m2r9t6ckw4xz",
    "superset_guest": "es_g8d3y7pbq5vj",
}
