from deepaas.client import InvalidArguments
from deepaas.testing import serve

with serve("shout", workers=2) as model:
    assert model.predict(text="hello", times=2).value == "HELLO! HELLO!"
    try:
        model.predict(text="hello", times=100)
    except InvalidArguments as error:
        print(error)
