{#- Events of queue_log that belong to a call, those that end one's waiting, and those of an agent's day. -#}
{% macro visit_end_events() -%}
    'ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'EXITWITHKEY'
{%- endmacro %}

{% macro call_events() -%}
    'ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT', 'COMPLETECALLER', 'RINGNOANSWER', 'RINGCANCELED',
            'BLINDTRANSFER', 'TRANSFER', 'ATTENDEDTRANSFER', {{ visit_end_events() }}
{%- endmacro %}

{% macro login_events() -%}
    'AGENTLOGIN', 'AGENTCALLBACKLOGIN', 'ADDMEMBER'
{%- endmacro %}

{% macro logoff_events() -%}
    'AGENTLOGOFF', 'AGENTCALLBACKLOGOFF', 'REMOVEMEMBER'
{%- endmacro %}
