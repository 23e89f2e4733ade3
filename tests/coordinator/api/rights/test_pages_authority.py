"""The authority for pages over HTTP."""

from sync.https import issuing, pages_authority

PATH = "/api/pages-authority/"


async def test_none_is_made_before_somebody_wants_it(hub):
    shown = await hub.get(PATH)
    assert (shown["certificate"], shown["fingerprint"], shown["address"]) == (None, None, None)
    assert not (hub.config.folder / pages_authority.CERTIFICATE).exists()


async def test_a_new_one_takes_the_place_of_an_earlier_one(hub):
    first = await hub.call("POST", PATH + "renew/")
    second = await hub.call("POST", PATH + "renew/")
    assert first["fingerprint"] != second["fingerprint"]
    kept = pages_authority.read(hub.config.folder)
    assert second["certificate"] == kept.pem.decode()
    assert second["fingerprint"] == issuing.fingerprint(kept.certificate)
    assert "localhost" in second["hosts"]
    assert second == await hub.get(PATH)
    assert "PRIVATE" not in str(second)
    acts = [one["act"] for one in (await hub.get("/api/audit/"))["results"]]
    assert acts.count("system.new_pages_authority") == 2
