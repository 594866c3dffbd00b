{#- What people read, in the language of the deployment: the one of two expressions. -#}
{% macro in_locale(english, chinese) -%}
    {{ return(chinese if var('locale') == 'zh' else english) }}
{%- endmacro %}

{#- The name that the organisation gave something, in the language of the deployment. -#}
{% macro label(relation) -%}
    {{ return(in_locale(relation ~ '.label_en', 'coalesce(' ~ relation ~ '.label_zh, ' ~ relation ~ '.label_en)')) }}
{%- endmacro %}
