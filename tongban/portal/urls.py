"""Every route of the portal."""

from tongban.portal import urls_public, urls_signed_in

app_name = "portal"
urlpatterns = [*urls_public.urlpatterns, *urls_signed_in.urlpatterns]
