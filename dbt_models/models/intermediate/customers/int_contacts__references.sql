{{ config(materialized="view") }}
-- A source that knows one contact by several ids adds them here. A call's own id needs no row.
select site_id, contact_id as contact_ref, callid
from {{ ref('stg_connect__records') }}
where contact_id <> callid
